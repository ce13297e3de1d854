//! A source of a connector, as it is written into the configuration.

use crate::connector::{Connector, Credentials, Fetch};

/// The lines of `[sources.NAME]` with all that the connector needs; what is only known at the platform is a word in capitals.
pub(super) fn block(connector: &Connector) -> Vec<String> {
    let name = &connector.name;
    let form = if connector.auth["kind"] == "basic" { "   # the file holds USER:PASSWORD" } else { "" };
    let mut lines = vec![
        format!("[sources.{name}]"),
        format!("connector = \"{name}\""),
        format!("secrets = [{{ file = \"secrets/{name}\" }}]{form}"),
    ];
    if connector.tells_secret() {
        lines.push(format!(
            "awaiting_secret = true   # the platform tells it: `usher sources secret {name} --save`, then take this line out"
        ));
    }
    let assumed = connector.evidence.assumed();
    if !assumed.is_empty() {
        lines.push(format!(
            "accept_assumptions = true   # compare a real request first: assumed is the {}",
            assumed.join(" and the ")
        ));
    }
    if let Some(spec) = &connector.fetch {
        let own = fetch(name, spec);
        if !own.is_empty() {
            lines.extend([String::new(), format!("[sources.{name}.fetch]")]);
            lines.extend(own);
        }
    }
    lines
}

/// What a source has to say of its own about asking the platform.
fn fetch(name: &str, spec: &Fetch) -> Vec<String> {
    let mut lines = Vec::new();
    if spec.base.is_none() {
        lines.push("base = \"https://YOUR-ACCOUNT.example.com\"   # where your account is".to_owned());
    }
    for (number, kind) in spec.auth.iter().enumerate() {
        let line = match kind {
            Credentials::Bearer => format!("bearer = {{ file = \"secrets/{name}_token\" }}"),
            Credentials::Basic => {
                format!("basic = {{ user = \"USER\", password = {{ file = \"secrets/{name}_password\" }} }}")
            }
            Credentials::OAuth2 => {
                let url = if spec.token_url.is_some() {
                    ""
                } else {
                    ", token_url = \"https://YOUR-ACCOUNT.example.com/oauth/token\""
                };
                format!(
                    "oauth2 = {{ client_id = \"CLIENT\", client_secret = {{ file = \"secrets/{name}_client\" }}{url} }}"
                )
            }
        };
        lines.push(if number == 0 { line } else { format!("# or {line}") });
    }
    if !spec.secret_headers.is_empty() {
        let header = |header| format!("{header} = {{ file = \"secrets/{name}_{header}\" }}");
        let headers: Vec<_> = spec.secret_headers.iter().map(header).collect();
        lines.push(format!("headers = {{ {} }}", headers.join(", ")));
    }
    lines
}
