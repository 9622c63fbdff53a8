//! `member` and `transfer`: people, masked, and where they go.

use desk::{Done, MemberHistory, MemberSelection, MemberView, TransferFilter, TransferView};
use runtime::shanghai_text;

use super::{Context, upload};
use crate::{
    app::App,
    cli::{MemberCommand, TransferCommand, UploadArgs, YesNo},
    output::{DONE, Failure, REFUSED, table},
};

pub async fn run(context: &Context<'_>, command: MemberCommand) -> Result<u8, Failure> {
    if let MemberCommand::Transfer { file: Some(file), org, .. } = command {
        let kind = Some(domain::template::TemplateKind::Transfers.name().to_owned());
        let args = UploadArgs { command: None, kind, files: vec![file], org, data_type: None, wait: true };
        return upload::run(context, args).await;
    }
    let app = context.app().await?;
    let (desk, account) = (&app.desk, context.account.as_str());
    let code = match command {
        MemberCommand::List { org, name, card, social, retired, label, after, most } => {
            let card = card.map(|card| card == YesNo::Yes);
            let wanted = MemberSelection { name, card, social, retired, label, after, most };
            let found = desk.members(account, &org, &wanted).await?;
            context.printer.document(&found, |found| table(&HEAD, &found.iter().map(row).collect::<Vec<_>>()));
            DONE
        }
        MemberCommand::LikelyDuplicates { org } => {
            let found = desk.likely_duplicates(account, org.as_deref()).await?;
            context.printer.document(&found, |found| likely(found));
            DONE
        }
        MemberCommand::Show { member_no } => {
            let found = desk.member(account, &member_no).await?;
            context.printer.document(&found, show);
            DONE
        }
        MemberCommand::Transfer { members, to, reason, .. } => {
            let (to, reason) = (to.unwrap_or_default(), reason.unwrap_or_default());
            let done = desk.transfer_members(account, &members, &to, &reason).await?;
            items(context, &app, done).await?
        }
        MemberCommand::Remove { members, reason } => {
            let done = desk.remove_members(account, &members, &reason).await?;
            items(context, &app, done).await?
        }
        MemberCommand::ImportPending { org, upload, before, most } => {
            let status = Some("pending".to_owned());
            let wanted = TransferFilter { org, status, of_imports: true, upload, before, most };
            requests(context, &desk.transfers(account, &wanted).await?);
            DONE
        }
    };
    app.close().await;
    Ok(code)
}

pub async fn transfers(context: &Context<'_>, command: TransferCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let (desk, account) = (&app.desk, context.account.as_str());
    let code = match command {
        TransferCommand::List { org, status, before, most } => {
            let wanted = TransferFilter { org, status, of_imports: false, upload: None, before, most };
            requests(context, &desk.transfers(account, &wanted).await?);
            DONE
        }
        TransferCommand::Approve { ids } => {
            let done = desk.approve_transfers(account, &ids).await?;
            items(context, &app, done).await?
        }
        TransferCommand::Reject { ids, reason } => {
            let done = desk.reject_transfers(account, &ids, &reason).await?;
            items(context, &app, done).await?
        }
    };
    app.close().await;
    Ok(code)
}

/// Prints the outcomes of a bulk act. One item that was refused is an error; of several, each has its outcome, and the
/// exit code is 1 only where nothing was done.
async fn items(context: &Context<'_>, app: &App, done: Done) -> Result<u8, Failure> {
    app.ring(done.bells).await;
    if let [only] = done.items.as_slice()
        && let Some(code) = only.code
    {
        let hint = "rollcall member list and rollcall transfer list show what there is";
        return Err(Failure::refused(code, only.message.clone(), hint));
    }
    let refused = done.items.iter().all(|item| item.code.is_some());
    context.printer.document(&done.items, |items| {
        let rows = items.iter().map(|item| {
            let number = item.transfer.map(|id| id.to_string()).unwrap_or_default();
            let code = item.code.unwrap_or_default();
            let member = item.member_no.clone().unwrap_or_default();
            vec![member, number, item.status.to_owned(), code.to_owned(), item.message.clone()]
        });
        table(&["member_no", "transfer", "status", "code", ""], &rows.collect::<Vec<_>>())
    });
    Ok(if refused { REFUSED } else { DONE })
}

fn requests(context: &Context<'_>, found: &[TransferView]) {
    context.printer.document(&found, |found| {
        let row = |view: &TransferView| {
            vec![
                view.id.to_string(),
                view.member_no.clone(),
                view.name.clone(),
                view.id_masked.clone(),
                view.from.clone(),
                view.to.clone(),
                view.status.clone(),
                view.decided_by_org.clone(),
                view.reason.clone().unwrap_or_default(),
                view.decision_reason.clone().unwrap_or_default(),
            ]
        };
        let head = ["id", "member_no", "name", "document", "from", "to", "status", "decides", "reason", "answer"];
        table(&head, &found.iter().map(row).collect::<Vec<_>>())
    });
}

const HEAD: [&str; 7] = ["member_no", "name", "id", "phone", "card", "social insurance", "org"];

fn row(member: &MemberView) -> Vec<String> {
    let insurance = match member.social_insurance {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    vec![
        member.member_no.clone(),
        member.name.clone(),
        member.id_masked.clone(),
        member.phone_masked.clone().unwrap_or_default(),
        member.card_masked.clone().unwrap_or_default(),
        insurance.to_owned(),
        member.org.clone(),
    ]
}

fn show(of: &MemberHistory) -> String {
    let mut text = table(&HEAD, &[row(&of.member)]);
    let stays = of.stays.iter().map(|stay| {
        let end = stay.end_reason.as_deref().unwrap_or_default();
        let basis = stay.end_basis.as_deref().map(|basis| format!(" ({basis})")).unwrap_or_default();
        let until = stay.until.map(shanghai_text).unwrap_or_default();
        vec![stay.org.clone(), shanghai_text(stay.since), until, format!("{end}{basis}")]
    });
    text += "\n";
    text += &table(&["union", "since", "until", "ended as"], &stays.collect::<Vec<_>>());
    if !of.history.is_empty() {
        let changes = of.history.iter().map(|change| {
            let value = |value: &Option<String>| value.clone().unwrap_or_default();
            let (before, after) = (value(&change.before), value(&change.after));
            vec![shanghai_text(change.at), change.account.clone(), change.field.clone(), before, after]
        });
        text += "\n";
        text += &table(&["changed", "by", "field", "before", "after"], &changes.collect::<Vec<_>>());
    }
    text
}

/// Pairs, a line each; of one beyond reach nothing is told but that it is.
fn likely(found: &[desk::LikelyDuplicate]) -> String {
    let member = |of: &desk::LikelyMember| format!("{} {} {} {}", of.member_no, of.name, of.id_masked, of.org);
    let row = |one: &desk::LikelyDuplicate| {
        let other = one.other.as_ref().map_or_else(|| "在其他工会有相似登记".to_owned(), member);
        vec![one.code.to_owned(), member(&one.member), other, one.message.to_owned()]
    };
    table(&["code", "member", "other", ""], &found.iter().map(row).collect::<Vec<_>>())
}
