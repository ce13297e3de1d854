//! How many invitations the portal mails in a day (`web:invitation-limit` of the server's configuration).

use jiff::{SignedDuration, Timestamp};

use super::portal::Portal;
use super::wire::Reply;

/// How long an invitation counts.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

impl Portal {
    /// How many invitations may still be mailed; without a limit the largest number the server knows.
    pub(super) fn invitations_left(&mut self, now: Timestamp) -> usize {
        let since = now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN);
        self.invited.retain(|at| *at > since);
        self.policy
            .invitation_limit
            .map_or(i32::MAX.unsigned_abs() as usize, |limit| limit.saturating_sub(self.invited.len()))
    }

    /// Room for so many addresses in one request. The server counts all that are named, mailed or not.
    ///
    /// # Errors
    /// 400 of model validation, before anything is done.
    pub(super) fn check_invitations(&mut self, addresses: usize, now: Timestamp) -> Result<(), Reply> {
        if addresses > self.invitations_left(now) {
            Err(Reply::invalid("Invitations", "Invitation limit is exceeded"))
        } else {
            Ok(())
        }
    }

    /// Who registers through a mailed invitation gives it back (`UserController.cs`, AddMember).
    pub(super) fn give_invitation_back(&mut self) {
        self.invited.pop();
    }
}
