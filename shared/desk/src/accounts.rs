//! Accounts: who may act, and as what.

use domain::{
    organization::Level,
    role::{Act, Role},
    shown::is_unseen,
};
use serde::Serialize;
use store::{Unit, organizations::Organization};

use crate::{Desk, DeskError, Refusal};

/// An account as `account list` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct AccountView {
    /// Its name.
    pub name: String,
    /// Where its mails go.
    pub email: Option<String>,
    /// Its roles: role and organization (none: the root).
    pub roles: Vec<(String, Option<String>)>,
}

impl Desk {
    /// Adds an account without any role.
    pub async fn add_account(&self, by: &str, name: &str, email: Option<&str>) -> Result<(), DeskError> {
        self.authorize(by, Act::ManageAccounts, None).await?;
        if name.is_empty() || name.len() > 64 || name.chars().any(|c| is_unseen(c) || c.is_whitespace()) {
            return Err(Refusal::new(
                "usage",
                "an account's name has 1 to 64 characters and no blanks",
                "choose another",
            )
            .into());
        }
        let address = match email {
            Some(written) => Some(
                domain::email::read_email(written)
                    .ok_or_else(|| Refusal::new("usage", "that is no mail address", "write it as name@example.org"))?,
            ),
            None => None,
        };
        let mut unit = self.store.begin().await?;
        if !store::accounts::add(&mut unit, name, address.as_deref(), self.clock.business_now()).await? {
            return Err(
                Refusal::new("exists", format!("there is an account {name} already"), "choose another name").into()
            );
        }
        store::audit::record(&mut unit, &[self.act(by, "account-add", None, Some(format!("account:{name}")), "done")])
            .await?;
        Ok(unit.commit().await?)
    }

    /// All accounts with their roles.
    pub async fn accounts(&self, by: &str) -> Result<Vec<AccountView>, DeskError> {
        self.authorize(by, Act::ManageAccounts, None).await?;
        let mut view = self.store.view().await?;
        let grants = store::accounts::grants(&mut view, None).await?;
        let accounts = store::accounts::list(&mut view).await?;
        Ok(accounts
            .into_iter()
            .map(|account| AccountView {
                roles: grants
                    .iter()
                    .filter(|grant| grant.account == account.name)
                    .map(|grant| (grant.role.clone(), grant.org_code.clone()))
                    .collect(),
                name: account.name,
                email: account.email,
            })
            .collect())
    }

    /// Gives a role at an organization; roles of the root take none.
    pub async fn grant(&self, by: &str, name: &str, role: &str, org: Option<&str>) -> Result<(), DeskError> {
        self.change_role(by, name, role, org, true).await
    }

    /// Takes a role away.
    pub async fn revoke(&self, by: &str, name: &str, role: &str, org: Option<&str>) -> Result<(), DeskError> {
        self.change_role(by, name, role, org, false).await
    }

    async fn change_role(
        &self,
        by: &str,
        name: &str,
        role: &str,
        org: Option<&str>,
        give: bool,
    ) -> Result<(), DeskError> {
        self.authorize(by, Act::ManageAccounts, None).await?;
        let role = Role::parse(role).ok_or_else(|| {
            let roles = Role::ALL.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
            Refusal::new("usage", format!("there is no role {role}"), format!("one of {roles}"))
        })?;
        check_place(role, org)?;
        let mut unit = self.store.begin().await?;
        if store::accounts::find(&mut unit, name).await?.is_none() {
            return Err(Refusal::unknown("account", name).into());
        }
        let org_id = match org {
            Some(code) => {
                let found = store::organizations::find(&mut unit, code).await?;
                let found = found.ok_or_else(|| Refusal::unknown("org", code))?;
                if give {
                    fits(role, &found)?;
                }
                Some(found.id)
            }
            None => None,
        };
        if role == Role::Operator && !is_operator(&mut unit, by).await? {
            unit.rollback().await?;
            let message = format!("{by} is no operator, and makes or unmakes none");
            let refusal = Refusal::new("no-right", message, "rollcall account list shows who is one");
            return Err(self.refused(by, Act::ManageAccounts, None, refusal).await?);
        }
        let now = self.clock.business_now();
        let changed = if give {
            store::accounts::grant(&mut unit, name, role.name(), org_id, by, now).await?
        } else {
            store::accounts::revoke(&mut unit, name, role.name(), org_id).await?
        };
        if !changed {
            let state = if give { "has that role already" } else { "does not have that role" };
            return Err(Refusal::new(
                "unchanged",
                format!("account {name} {state}"),
                "rollcall account list shows the roles",
            )
            .into());
        }
        if !give && role == Role::Operator && !has_operator(&mut unit).await? {
            unit.rollback().await?;
            return Err(Refusal::new(
                "last-operator",
                format!("{name} is the last operator; without one nobody could give a role any more"),
                "rollcall account grant OTHER operator first",
            )
            .into());
        }
        let act = self.act(
            by,
            if give { "account-grant" } else { "account-revoke" },
            org,
            Some(format!("account:{name}")),
            format!("done: {}", role.name()),
        );
        store::audit::record(&mut unit, &[act]).await?;
        Ok(unit.commit().await?)
    }
}

async fn is_operator(unit: &mut Unit, account: &str) -> Result<bool, DeskError> {
    let grants = store::accounts::grants(unit, Some(account)).await?;
    Ok(grants.iter().any(|grant| grant.role == Role::Operator.name()))
}

/// Whether the role is held where it is asked for: at the root, or at an organization.
fn check_place(role: Role, org: Option<&str>) -> Result<(), Refusal> {
    if role.is_at_root() != org.is_some() {
        return Ok(());
    }
    let (place, hint) = if org.is_some() { ("the root", "leave --org out") } else { ("an organization", "--org CODE") };
    Err(Refusal::new("usage", format!("the role {} is held at {place}", role.name()), hint))
}

/// Whether anybody is left who may give roles.
async fn has_operator(unit: &mut Unit) -> Result<bool, DeskError> {
    let grants = store::accounts::grants(unit, None).await?;
    Ok(grants.iter().any(|grant| grant.role == Role::Operator.name()))
}

/// Whether a role is of this level: who decides about others' lists and money stands above them, or one person would hold both
/// sides of the check.
fn fits(role: Role, org: &Organization) -> Result<(), Refusal> {
    let level = match role {
        Role::Bureau => Level::Bureau,
        Role::Reviewer => Level::Secondary,
        _ => return Ok(()),
    };
    if org.level == level.name() {
        return Ok(());
    }
    Err(Refusal::new(
        "wrong-level",
        format!("the role {} is held at a {} union, and {} is {}", role.name(), level.name(), org.code, org.level),
        "rollcall org show tells the level of a union",
    ))
}
