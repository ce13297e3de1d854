//! Faults of the mail catcher on order.

use serde::{Deserialize, Serialize};

use super::Sandbox;

/// What shall go wrong with mail, and how often. JSON: `{"smtp": "tempfail", "times": 2}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpFault {
    /// What goes wrong.
    pub smtp: SmtpTrouble,
    /// How many times; 1 where a JSON fault does not say.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// The faults of a mail catcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTrouble {
    /// 554 in place of the greeting.
    Refuse,
    /// 451 to `RCPT`, as a server that greylists.
    Tempfail,
    /// No reply to the end of the message, which is not kept, until the client goes away.
    Hang,
    /// The connection is closed in place of the reply to the end of the message, which is kept.
    DropAfterData,
    /// 550 to `RCPT`.
    RejectRecipient,
    /// 535 to `AUTH`.
    Auth,
}

impl Sandbox {
    /// Order a fault of the mail catcher.
    pub fn add_smtp_fault(&self, fault: SmtpFault) {
        self.with_standing(|standing| standing.smtp_faults.push(fault));
    }

    /// Whether this is to go wrong now, used up by one.
    pub(super) fn meets(&self, trouble: SmtpTrouble) -> bool {
        self.with_standing(|standing| {
            let mut faults = standing.smtp_faults.iter_mut();
            let fault = faults.find(|fault| fault.smtp == trouble && fault.times > 0);
            fault.map(|fault| fault.times -= 1).is_some()
        })
    }
}
