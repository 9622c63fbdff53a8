//! `account`: who may act, and as what.

use super::Context;
use crate::{
    cli::AccountCommand,
    output::{DONE, Failure, shown, table},
};

pub async fn run(context: &Context<'_>, command: AccountCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let by = context.account.as_str();
    match command {
        AccountCommand::Add { name, email } => {
            app.desk.add_account(by, &name, email.as_deref()).await?;
            done(context, &format!("account {name} is there; it has no role yet"));
        }
        AccountCommand::List => {
            let accounts = app.desk.accounts(by).await?;
            context.printer.document(&accounts, |accounts| {
                let rows = accounts.iter().map(|account| {
                    let role = |(role, org): &(String, Option<String>)| match org {
                        Some(code) => format!("{role}@{code}"),
                        None => role.clone(),
                    };
                    let roles = account.roles.iter().map(role).collect::<Vec<_>>().join(" ");
                    vec![account.name.clone(), account.email.clone().unwrap_or_default(), roles]
                });
                table(&["account", "email", "roles"], &rows.collect::<Vec<_>>())
            });
        }
        AccountCommand::Grant { name, role, org } => {
            app.desk.grant(by, &name, &role, org.as_deref()).await?;
            done(context, &format!("account {name} has the role {role}"));
        }
        AccountCommand::Revoke { name, role, org } => {
            app.desk.revoke(by, &name, &role, org.as_deref()).await?;
            done(context, &format!("account {name} has lost the role {role}"));
        }
    }
    app.close().await;
    Ok(DONE)
}

fn done(context: &Context<'_>, sentence: &str) {
    context.printer.document(&serde_json::json!({"done": sentence}), |_| shown(sentence).into_owned());
}
