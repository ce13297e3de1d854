//! What a person may do in a room.

use serde::{Deserialize, Serialize};

/// A right in a room, by the words of configuration. DocSpace has numbers for them (`FileShare` of its server).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomAccess {
    /// Read.
    Read,
    /// Read and review.
    Review,
    /// Read and comment.
    Comment,
    /// Fill forms.
    FillForms,
    /// Edit.
    Edit,
    /// Edit and create.
    ContentCreator,
    /// Manage the room.
    RoomManager,
}

impl RoomAccess {
    /// Every right, from the least.
    pub const ALL: [Self; 7] =
        [Self::Read, Self::Review, Self::Comment, Self::FillForms, Self::Edit, Self::ContentCreator, Self::RoomManager];

    /// The word in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Review => "review",
            Self::Comment => "comment",
            Self::FillForms => "fill_forms",
            Self::Edit => "edit",
            Self::ContentCreator => "content_creator",
            Self::RoomManager => "room_manager",
        }
    }

    /// The number DocSpace has for it.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Read => 2,
            Self::Review => 5,
            Self::Comment => 6,
            Self::FillForms => 7,
            Self::RoomManager => 9,
            Self::Edit => 10,
            Self::ContentCreator => 11,
        }
    }
}

impl std::str::FromStr for RoomAccess {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|access| access.as_str() == text).ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            format!("'{text}' is not a right in a room; the rights are {all}")
        })
    }
}
