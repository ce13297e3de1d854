//! Who is asked, and which way, as messages name it.

use std::fmt;

/// Who was asked, and for which source. Shown as the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Name of the source in the configuration.
    pub source: String,
    /// Host and, unless it is the scheme's own, port.
    pub host: String,
    /// Host and port of the proxy that the environment puts before it.
    pub proxy: Option<String>,
}

impl Asked {
    /// Words after the host that say which way it was asked.
    pub(super) fn way(&self) -> String {
        self.proxy.as_ref().map_or_else(String::new, |proxy| format!(" through the proxy {proxy}"))
    }

    /// Whose name is looked up: behind a proxy it is the proxy's.
    pub(super) fn looked_up(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("of the proxy {proxy} before {self}"),
            None => self.to_string(),
        }
    }

    /// What to look at where there was no way to it.
    pub(super) fn check(&self, else_check: &str) -> String {
        match &self.proxy {
            Some(_) => {
                "Check the proxy, which HTTPS_PROXY, ALL_PROXY and NO_PROXY in the environment of this program choose"
                    .to_owned()
            }
            None => format!("Check sources.{}.fetch, and {else_check}", self.source),
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)
    }
}
