//! All accounts of a portal, read and nothing else.

use super::account::Account;
use super::call;
use super::client::Client;
use super::error::Error;
use super::page::{LARGEST, Walk};
use super::people::PeopleQuery;

/// The accounts that a query finds, part after part.
#[derive(Debug)]
pub struct People<'a> {
    client: &'a Client,
    query: PeopleQuery,
    walk: Walk,
}

impl People<'_> {
    /// The next accounts, up to 100, none of which came before; `None` when there are no more.
    ///
    /// # Errors
    /// As [`Client::people`]; [`Error::Uncertain`] for a list that does not end.
    pub async fn next(&mut self) -> Result<Option<Vec<Account>>, Error> {
        let Some(start) = self.walk.start() else {
            return Ok(None);
        };
        let page = self.client.people(&PeopleQuery { start, count: LARGEST, ..self.query }).await?;
        let fresh = self.walk.fresh(call::PEOPLE, page, |account| &account.id)?;
        Ok(Some(fresh).filter(|fresh| !fresh.is_empty()))
    }
}

impl Client {
    /// The accounts that a query finds, part after part. Its `start` and `count` play no part.
    #[must_use]
    pub fn people_by_part(&self, query: PeopleQuery) -> People<'_> {
        People { client: self, query, walk: Walk::default() }
    }

    /// All accounts of the portal, active, pending and terminated, guests too, the owner of the key among them. That
    /// is so where the key belongs to an administrator of the portal: a room administrator is shown neither who is
    /// terminated nor guests they have nothing to do with (`DbUserService.cs`).
    ///
    /// # Errors
    /// As [`Client::people`]; [`Error::Uncertain`] for a list that does not end. What was read before is left out.
    pub async fn everybody(&self) -> Result<Vec<Account>, Error> {
        let mut parts = self.people_by_part(PeopleQuery::default());
        let mut everybody = Vec::new();
        while let Some(part) = parts.next().await? {
            everybody.extend(part);
        }
        Ok(everybody)
    }
}
