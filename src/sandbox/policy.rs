//! Who may do what: the role of the key's owner, the portal's switches for inviting, and its version.

use super::employee::EmployeeType;
use super::wire::Reply;
use super::{Sandbox, Settings};

/// What the owner of the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Owns the portal.
    #[default]
    Owner,
    /// Administers it; somebody else owns it.
    DocSpaceAdmin,
    /// Manages rooms.
    RoomAdmin,
    /// Neither invites anybody nor manages anything.
    User,
}

impl Role {
    /// The type of an account with this role.
    pub(super) fn kind(self) -> EmployeeType {
        match self {
            Self::Owner | Self::DocSpaceAdmin => EmployeeType::DocSpaceAdmin,
            Self::RoomAdmin => EmployeeType::RoomAdmin,
            Self::User => EmployeeType::User,
        }
    }

    /// Whether it may make, invite and disable people of this type. `All` stands for a room administrator.
    pub(super) fn may_add(self, kind: EmployeeType) -> bool {
        let kind = kind.settled();
        match self {
            Self::Owner => true,
            Self::DocSpaceAdmin => kind != EmployeeType::DocSpaceAdmin,
            Self::RoomAdmin => matches!(kind, EmployeeType::User | EmployeeType::Guest),
            Self::User => false,
        }
    }

    /// Whether it administers the portal.
    pub(super) fn is_administrator(self) -> bool {
        matches!(self, Self::Owner | Self::DocSpaceAdmin)
    }
}

/// What the portal allows at the moment.
#[derive(Clone)]
pub(super) struct Policy {
    pub(super) role: Role,
    /// `allowInvitingMembers` of `GET /settings/invitationsettings`.
    pub(super) invites_members: bool,
    /// `allowInvitingGuests`.
    pub(super) invites_guests: bool,
    /// Invitations mailed in 24 hours.
    pub(super) invitation_limit: Option<usize>,
    /// Whether the server is older than 3.7.
    pub(super) is_old: bool,
}

impl Policy {
    /// The policy a sandbox starts with.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            role: settings.role,
            invites_members: settings.allow_inviting_members,
            invites_guests: settings.allow_inviting_guests,
            invitation_limit: settings.invitation_limit,
            is_old: is_before_3_7(&settings.version),
        }
    }

    /// Whether people of this type may be invited, by whomever.
    pub(super) fn invites(&self, kind: EmployeeType) -> bool {
        if kind == EmployeeType::Guest { self.invites_guests } else { self.invites_members }
    }

    /// Members may be invited, and the key's owner is one who invites.
    ///
    /// # Errors
    /// 403.
    pub(super) fn check_inviting(&self) -> Result<(), Reply> {
        if self.invites_members { self.check_manager() } else { Err(Reply::denied()) }
    }

    /// # Errors
    /// 403 for a plain user.
    pub(super) fn check_manager(&self) -> Result<(), Reply> {
        if self.role == Role::User { Err(Reply::denied()) } else { Ok(()) }
    }

    /// # Errors
    /// 403 for anybody who does not administer the portal.
    pub(super) fn check_administrator(&self) -> Result<(), Reply> {
        if self.role.is_administrator() { Ok(()) } else { Err(Reply::denied()) }
    }

    /// # Errors
    /// 403 where the role may not add people of this type.
    pub(super) fn check_adding(&self, kind: EmployeeType) -> Result<(), Reply> {
        if self.role.may_add(kind) { Ok(()) } else { Err(Reply::denied()) }
    }
}

/// A version that does not read as one counts as the newest.
fn is_before_3_7(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    parts.next().is_some_and(|major| (major, parts.next().unwrap_or(0)) < (3, 7))
}

impl Sandbox {
    /// Switch inviting on or off, as an administrator does in the portal's settings: members, and guests.
    ///
    /// Who is invited already cannot register either while it is off.
    pub fn allow_inviting(&self, members: bool, guests: bool) {
        self.change(|portal, _| {
            portal.policy.invites_members = members;
            portal.policy.invites_guests = guests;
        });
    }
}
