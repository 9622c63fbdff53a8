//! `org`: the tree of unions.

use desk::{OrgFilter, OrgStated, OrgView};
use store::organizations::Organization;

use super::Context;
use crate::{
    cli::{OrgCommand, OrgWords},
    output::{DONE, Failure, shown, table},
};

pub async fn run(context: &Context<'_>, command: OrgCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let (desk, account) = (&app.desk, context.account.as_str());
    match command {
        OrgCommand::List { below, level, kind, name } => {
            let found = desk.organizations(account, &OrgFilter { below, level, kind, name }).await?;
            list(context, &found);
        }
        OrgCommand::Show { code } => {
            let view = desk.organization_view(account, &code).await?;
            context.printer.document(&view, show);
        }
        OrgCommand::Add { code, parent, words } => {
            desk.add_organization(account, &code, parent.as_deref(), &words.into()).await?;
            done(context, &code, "is there");
        }
        OrgCommand::Edit { code, words } => {
            desk.edit_organization(account, &code, &words.into()).await?;
            done(context, &code, "is changed");
        }
        OrgCommand::Move { code, under } => {
            desk.move_organization(account, &code, &under).await?;
            done(context, &code, &format!("stands under {under}, with everything below it"));
        }
        OrgCommand::Remove { code } => {
            let bells = desk.remove_organization(account, &code).await?;
            app.ring(bells).await;
            done(context, &code, "is removed; it stays on record");
        }
    }
    app.close().await;
    Ok(DONE)
}

impl From<OrgWords> for OrgStated {
    fn from(words: OrgWords) -> Self {
        let OrgWords { name, level, kind, uscc, economy, industry, enterprise, contact, phone, email } = words;
        Self { name, level, kind, uscc, economy, industry, enterprise, contact, phone, email }
    }
}

fn done(context: &Context<'_>, code: &str, what: &str) {
    let sentence = format!("union {code} {what}");
    context.printer.document(&serde_json::json!({"code": code, "done": sentence}), |_| shown(&sentence).into_owned());
}

fn list(context: &Context<'_>, found: &[Organization]) {
    let document: Vec<_> = found
        .iter()
        .map(|org| serde_json::json!({"code": org.code, "name": org.name, "level": org.level, "kind": org.kind, "email": org.email}))
        .collect();
    context.printer.document(&document, |_| {
        let row = |org: &Organization| {
            let depth = org.path.matches('/').count().saturating_sub(2);
            let code = format!("{}{}", "  ".repeat(depth), org.code);
            vec![code, org.name.clone(), org.level.clone(), org.kind.clone().unwrap_or_default()]
        };
        table(&["code", "name", "level", "kind"], &found.iter().map(row).collect::<Vec<_>>())
    });
}

fn show(view: &OrgView) -> String {
    let levels = view.organizations.iter().map(|(level, count)| format!("{count} {level}")).collect::<Vec<_>>();
    let unions = view.unions;
    let counts = [
        ("会员数", view.members),
        ("基层工会组织数", unions.grassroots),
        ("单独基层工会组织数", unions.single),
        ("联合工会组织数", unions.joint),
        ("分工会/工会小组数", unions.branches),
        ("覆盖企业数", view.enterprises),
        ("工会联合会数", unions.federations),
    ];
    let counts = counts.map(|(title, count)| format!("{title} {count}")).join("  ");
    format!(
        "{}  {}  {}\n{counts}\norganizations here and below: {}\npending transfers in: {}\n",
        view.code,
        shown(&view.name),
        view.level,
        levels.join(", "),
        view.pending_transfers
    )
}
