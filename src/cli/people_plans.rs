//! What is planned for people: `usher people list --planned` and `usher people cancel`.

use std::path::Path;

use clap::ValueEnum;

use crate::app::{SystemClock, operator};
use crate::ledger::{Keys, Ledger};
use crate::model::{Act, Clock, DeliveryId, Person, PersonId, Plan, kind};
use crate::store::{Change, PersonFilter, Store};

use super::output::{Failure, Out, when};
use super::people;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Who: number, e-mail address, employee id or DocSpace user id.
    who: String,
    /// Only this.
    #[arg(long)]
    kind: Option<Kind>,
}

/// What can be planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Onboard,
    Disable,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Onboard => kind::ONBOARD,
            Self::Disable => kind::DISABLE,
        }
    }
}

/// Keep those for whom something is planned, first due first.
pub(super) fn only(people: &mut Vec<Person>) {
    people.retain(|person| !person.plans.is_empty());
    people.sort_by_key(|person| person.plans.iter().map(|plan| plan.due_at).min());
}

pub(super) fn list(out: &mut Out, people: &[Person]) -> Result<(), Failure> {
    let of = |person| move |plan| (plan, person);
    let mut plans: Vec<(&Plan, &Person)> =
        people.iter().flat_map(|person| person.plans.iter().map(of(person))).collect();
    plans.sort_by_key(|(plan, _)| plan.due_at);
    let row = |(plan, person): (&Plan, &Person)| {
        [
            when(Some(plan.due_at)),
            plan.kind.clone(),
            person.id.to_string(),
            people::label(person),
            person.email.clone().unwrap_or_default(),
            person.portal.clone(),
            plan.delivery.map_or_else(String::new, |id| id.to_string()),
            plan.hold.clone().unwrap_or_default(),
        ]
    };
    let head = ["due", "what", "person", "name", "e-mail", "portal", "delivery", "hold"];
    out.table(head, plans.into_iter().map(row).collect())
}

/// One plan in a line.
pub(super) fn said(plan: &Plan) -> String {
    let from = plan.delivery.map(|id| format!(" (delivery {id})")).unwrap_or_default();
    let hold = plan.hold.as_ref().map(|hold| format!(", to be held: {hold}")).unwrap_or_default();
    format!("{} at {}{from}{hold}", plan.kind, when(Some(plan.due_at)))
}

/// Say what is planned by a delivery.
pub(super) async fn of_delivery(store: &Store, delivery: DeliveryId, out: &mut Out) -> Result<(), Failure> {
    let people = store.people(PersonFilter::default()).await?;
    for person in &people {
        for plan in person.plans.iter().filter(|plan| plan.delivery == Some(delivery)) {
            out.line(format!("planned: {} of person {} at {}", plan.kind, person.id, when(Some(plan.due_at))))?;
        }
    }
    Ok(())
}

/// Take back what is planned for a person, with a line in the audit for each.
pub(super) async fn cancel(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let (_, store) = people::open_store(config).await?;
    let ids: Vec<_> = people::find(&store, &args.who).await?.iter().map(|person| person.id).collect();
    if ids.is_empty() {
        return Err(people::nobody(&args.who));
    }
    let keys = Keys { people: ids.iter().copied().collect(), ..Keys::default() };
    let (who, only) = (operator(), args.kind.map(Kind::as_str));
    let edit = move |ledger: &mut Ledger| {
        let back = take_back(ledger, &ids, only);
        let acts = back.iter().map(|(id, plan)| act(&who, *id, plan)).collect();
        (Change { acts, ..Change::default() }, back)
    };
    let back = store.write(keys, true, SystemClock.now(), edit).await?;
    for (id, plan) in &back {
        out.line(format!("taken back: person {id}, {}", said(plan)))?;
    }
    if back.is_empty() {
        return Err(Failure::failed(
            "nothing like that is planned for them; what has become a job is taken back with `usher jobs cancel`",
        ));
    }
    Ok(())
}

fn take_back(ledger: &mut Ledger, people: &[PersonId], only: Option<&str>) -> Vec<(PersonId, Plan)> {
    let mut back = Vec::new();
    for id in people {
        let plans = ledger.get(*id).map(|person| person.plans.clone()).unwrap_or_default();
        let wanted = plans.iter().filter(|plan| only.is_none_or(|only| only == plan.kind));
        back.extend(wanted.filter_map(|plan| Some((*id, ledger.unplan(*id, &plan.kind)?))));
    }
    back
}

fn act(who: &str, person: PersonId, plan: &Plan) -> Act {
    Act { who: who.to_owned(), what: "cancel", subject: format!("person {person}"), detail: Some(plan.kind.clone()) }
}
