//! Rights: an account's roles reach down the tree from where they were granted, never sideways.

use domain::role::{Act, Role, may};
use store::{
    Session, audit::NewAct, batches::Batch, comparisons::Comparison, instants::Instant, notices::Notice,
    organizations::Organization,
};

use crate::{Desk, DeskError, Refusal};

/// How far an account's right to one act reaches: paths of organizations, each with everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The whole tree.
    All,
    /// Below (and with) these paths.
    Below(Vec<String>),
}

impl Reach {
    /// Whether an organization of this path is within reach.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Below(paths) => paths.iter().any(|above| path.starts_with(above)),
        }
    }
}

/// Where something that was asked for stands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Standing<'a> {
    /// It is not there.
    Nowhere,
    /// It belongs to no organization: whose reach is the whole tree sees it.
    Root,
    /// Number and path of its organization.
    Below(&'a str, &'a str),
}

/// Something that belongs to an organization.
pub(crate) trait Placed {
    /// Number and path of that organization.
    fn place(&self) -> (&str, &str);
}

impl Placed for Organization {
    fn place(&self) -> (&str, &str) {
        (&self.code, &self.path)
    }
}

/// What keeps number and path of its organization in fields of these names.
macro_rules! placed {
    ($($thing:ty),+) => {
        $(impl Placed for $thing {
            fn place(&self) -> (&str, &str) {
                (&self.org_code, &self.org_path)
            }
        })+
    };
}

placed!(Batch, Comparison, Instant, Notice);

/// What an account may do: role and path of where it is held; none: the root.
struct Grants(Vec<(Role, Option<String>)>);

impl Grants {
    /// How far the right to an act reaches; none: nowhere.
    fn reach(&self, act: Act) -> Option<Reach> {
        let held: Vec<_> = self.0.iter().filter(|(role, _)| may(*role, act)).collect();
        if held.iter().any(|(_, path)| path.is_none()) {
            return Some(Reach::All);
        }
        let paths: Vec<String> = held.into_iter().filter_map(|(_, path)| path.clone()).collect();
        (!paths.is_empty()).then_some(Reach::Below(paths))
    }

    /// Whether something below an organization of this path is seen at all, by whichever role.
    fn sees(&self, path: &str) -> bool {
        self.0.iter().any(|(_, above)| above.as_ref().is_none_or(|above| path.starts_with(above)))
    }
}

impl Desk {
    /// How far an account's right to an act reaches. Refused when the account is unknown, disabled, or has no such
    /// right anywhere.
    pub async fn reach(&self, session: &mut impl Session, account: &str, act: Act) -> Result<Reach, DeskError> {
        let reach = self.grants(session, account).await?.reach(act);
        Ok(reach.ok_or_else(|| no_right(account, act, None))?)
    }

    async fn grants(&self, session: &mut impl Session, account: &str) -> Result<Grants, DeskError> {
        let known = store::accounts::find(session, account).await?;
        let known = known.ok_or_else(|| {
            Refusal::new(
                "unknown-account",
                format!("there is no account {account}"),
                "name one with --as, or add it: rollcall account add",
            )
        })?;
        if known.disabled_at.is_some() {
            return Err(
                Refusal::new("account-disabled", format!("account {account} is disabled"), "ask an operator").into()
            );
        }
        let held = store::accounts::grants(session, Some(account)).await?;
        Ok(Grants(held.into_iter().filter_map(|grant| Some((Role::parse(&grant.role)?, grant.org_path))).collect()))
    }

    /// What was found of something that an account asked for by its name, if it may do the act there. What it may not see
    /// does not exist for it: it is answered and recorded as what is not there, with `unknown` (decision 43).
    pub(crate) async fn seen<T: Placed>(
        &self,
        account: &str,
        act: Act,
        found: Option<T>,
        unknown: impl Fn() -> Refusal,
    ) -> Result<T, DeskError> {
        let standing = found.as_ref().map_or(Standing::Nowhere, |found| {
            let (code, path) = found.place();
            Standing::Below(code, path)
        });
        Box::pin(self.right_at(account, act, standing, unknown())).await?;
        Ok(found.ok_or_else(unknown)?)
    }

    /// The same by where it stands.
    pub(crate) async fn right_at(
        &self,
        account: &str,
        act: Act,
        standing: Standing<'_>,
        unknown: Refusal,
    ) -> Result<(), DeskError> {
        let (code, path) = match standing {
            Standing::Below(code, path) => (Some(code), Some(path)),
            Standing::Root | Standing::Nowhere => (None, None),
        };
        self.attempts(account, act, None);
        let mut view = self.store.view().await?;
        let grants = self.grants(&mut view, account).await;
        drop(view);
        let refusal = match grants {
            Err(DeskError::Refused(refusal)) => refusal,
            Err(error) => return Err(error),
            Ok(grants) => match (grants.reach(act), standing) {
                // The same whether it is there or not.
                (None, _) => no_right(account, act, None),
                (Some(Reach::All), Standing::Root | Standing::Below(..)) => {
                    self.attempts(account, act, code);
                    return Ok(());
                }
                (Some(reach), _) if path.is_some_and(|path| reach.covers(path)) => {
                    self.attempts(account, act, code);
                    return Ok(());
                }
                // Seen by another role than this act takes.
                (Some(_), _) if path.is_some_and(|path| grants.sees(path)) => no_right(account, act, code),
                _ => unknown,
            },
        };
        // Whose thing it is stands in the record: those above it are to know who tried.
        self.record_refusal(account, act, code, &refusal).await?;
        Err(refusal.into())
    }

    /// Checks that an account may do an act on the organization of this path, and records a refusal.
    pub async fn authorize(&self, account: &str, act: Act, org: Option<(&str, &str)>) -> Result<Reach, DeskError> {
        self.attempts(account, act, org.map(|(code, _)| code));
        let mut view = self.store.view().await?;
        let reach = self.reach(&mut view, account, act).await;
        drop(view);
        let refused = match (&reach, org) {
            (Err(DeskError::Refused(refusal)), _) => Some(refusal.clone()),
            (Ok(Reach::Below(_)), _) if act.roles().iter().all(|role| role.is_at_root()) => {
                Some(no_right(account, act, None))
            }
            (Ok(reach), Some((code, path))) if !reach.covers(path) => Some(no_right(account, act, Some(code))),
            _ => None,
        };
        match refused {
            None => reach,
            Some(refusal) => {
                self.record_refusal(account, act, org.map(|(code, _)| code), &refusal).await?;
                Err(refusal.into())
            }
        }
    }

    /// Records a refusal that is not about rights (a closed window, a state that does not fit), and hands it on.
    pub(crate) async fn refused(
        &self,
        account: &str,
        act: Act,
        org: Option<&str>,
        refusal: Refusal,
    ) -> Result<DeskError, DeskError> {
        self.record_refusal(account, act, org, &refusal).await?;
        Ok(refusal.into())
    }

    async fn record_refusal(
        &self,
        account: &str,
        act: Act,
        org: Option<&str>,
        refusal: &Refusal,
    ) -> Result<(), DeskError> {
        let mut unit = self.store.begin().await?;
        let outcome = format!("refused: {}", refusal.code);
        store::audit::record(&mut unit, &[self.act(account, act.name(), org, None, outcome)]).await?;
        Ok(unit.commit().await?)
    }

    /// A row for the audit record, at this moment.
    #[must_use]
    pub fn act(
        &self,
        account: &str,
        act: &'static str,
        org_code: Option<&str>,
        about: Option<String>,
        outcome: impl Into<String>,
    ) -> NewAct {
        crate::attempts::is_recorded(account);
        NewAct {
            at: self.clock.business_now(),
            // Of one that is none, whatever was typed.
            account: domain::shown::line(account),
            act,
            org_code: org_code.map(str::to_owned),
            about,
            outcome: outcome.into(),
            detail: None,
        }
    }
}

fn no_right(account: &str, act: Act, org: Option<&str>) -> Refusal {
    let place = org.map(|code| format!(" for organization {code}")).unwrap_or_default();
    let roles = act.roles().iter().map(|role| role.name()).collect::<Vec<_>>();
    let takes = match roles.as_slice() {
        [one] => format!("the role {one}"),
        several => format!("one of the roles {}", several.join(", ")),
    };
    // Those who set the clock of a command hold no organization.
    let at = if act.roles().iter().all(|role| role.is_at_root()) { "" } else { " at the organization or above it" };
    let what = if act == Act::MoveClock { "set the clock (--at, clock advance)" } else { "do this" };
    Refusal::new(
        "no-right",
        format!("account {account} may not {what}{place} ({})", act.name()),
        format!("it takes {takes}{at}: rollcall account grant"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_by_one_role_is_not_reached_by_another() {
        let path = |path: &str| Some(path.to_owned());
        let grants = Grants(vec![(Role::Bureau, path("/1/5/")), (Role::Clerk, path("/1/6/13/"))]);
        assert_eq!(grants.reach(Act::SubmitBatch), Some(Reach::Below(vec!["/1/5/".to_owned()])));
        assert_eq!(grants.reach(Act::ManageQueues), None);
        assert!(grants.sees("/1/6/13/") && grants.sees("/1/5/12/"));
        assert!(!grants.sees("/1/6/") && !grants.sees("/1/6/14/"));
        assert_eq!(Grants(vec![(Role::Centre, None)]).reach(Act::CheckVoucher), Some(Reach::All));
    }

    #[test]
    fn a_right_reaches_down_and_never_up_or_sideways() {
        let reach = Reach::Below(vec!["/1/5/".to_owned()]);
        assert!(reach.covers("/1/5/") && reach.covers("/1/5/12/"));
        assert!(!reach.covers("/1/") && !reach.covers("/1/6/") && !reach.covers("/1/50/"));
    }
}
