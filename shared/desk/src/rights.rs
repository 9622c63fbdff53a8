//! Rights: an account's roles reach down the tree from where they were granted, never sideways.

use domain::role::{Act, Role, may};
use store::{Session, audit::NewAct};

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

impl Desk {
    /// How far an account's right to an act reaches. Refused when the account is unknown, disabled, or has no such
    /// right anywhere.
    pub async fn reach(&self, session: &mut impl Session, account: &str, act: Act) -> Result<Reach, DeskError> {
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
        let mut paths = Vec::new();
        for grant in store::accounts::grants(session, Some(account)).await? {
            match (Role::parse(&grant.role), grant.org_path) {
                (Some(role), None) if may(role, act) => return Ok(Reach::All),
                (Some(role), Some(path)) if may(role, act) => paths.push(path),
                _ => {}
            }
        }
        if paths.is_empty() { Err(no_right(account, act, None).into()) } else { Ok(Reach::Below(paths)) }
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
            account: account.to_owned(),
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
    fn a_right_reaches_down_and_never_up_or_sideways() {
        let reach = Reach::Below(vec!["/1/5/".to_owned()]);
        assert!(reach.covers("/1/5/") && reach.covers("/1/5/12/"));
        assert!(!reach.covers("/1/") && !reach.covers("/1/6/") && !reach.covers("/1/50/"));
    }
}
