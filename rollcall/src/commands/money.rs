//! `batch`, `payment`, `credit`, `instant`, `undo`: what bureaus submit and pay, and cover in the middle of the year.

use std::path::Path;

use desk::{AskedInstant, BatchView, FileOffer, InstantView, Payment, VoucherView};
use domain::{
    enrollment::{instant::InstantEvent, instant::InstantKind},
    money::Yuan,
    role::Act,
    text::counted,
};

use super::{Context, enroll, waiting, year::fen};
use crate::{
    cli::{BatchCommand, CreditCommand, InstantCommand, NewInstant, Paid, PaymentCommand, UndoCommand},
    output::{DONE, Failure, shown, table},
};

pub async fn batches(context: &Context<'_>, command: BatchCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let by = context.account.as_str();
    match command {
        BatchCommand::Preview { of } => {
            let view = app.desk.batch_preview(by, of.year, &of.org).await?;
            context.printer.document(&view, batch_lines);
        }
        BatchCommand::Submit { of, contact, mobile, email, wait } => {
            let contact = app.desk.batch_contact(by, &of.org, [&contact, &mobile, &email]).await?;
            let submitted = app.desk.submit_batch(by, of.year, &of.org, &contact).await?;
            waiting::follow(&app, submitted.bells, wait, context.printer.is_json()).await?;
            context.printer.document(&submitted.view, batch_lines);
        }
        BatchCommand::List { year, org } => {
            let list = app.desk.batches(by, year, org.as_deref()).await?;
            context.printer.document(&list, |list| batch_table(list));
        }
        BatchCommand::Show { batch: Some(number), .. } => {
            let batch = app.desk.batch(by, Act::SeeEnrollments, &number).await?;
            context.printer.document(&BatchView::of(batch, Vec::new()), batch_lines);
        }
        BatchCommand::Show { year, org, .. } => {
            let list = app.desk.batches(by, year.unwrap_or_default(), org.as_deref()).await?;
            let Some(view) = list.into_iter().next() else {
                let message = format!("{} has submitted no list", org.unwrap_or_default());
                return Err(Failure::refused("unknown", message, "rollcall batch preview shows what it would submit"));
            };
            context.printer.document(&view, batch_lines);
        }
    }
    app.close().await;
    Ok(DONE)
}

fn batch_lines(of: &BatchView) -> String {
    let mut lines = vec![
        format!("{}  {}  {}  {}", of.batch_no.as_deref().unwrap_or("(preview)"), of.org, of.year, of.status),
        format!("units {}  people {}  {}", of.units, of.people, enroll::money(&of.money)),
        format!("credit {}  due {}", Yuan(of.credit_fen), Yuan(of.due_fen)),
    ];
    lines.extend(of.reason.as_deref().map(|reason| shown(reason).into_owned()));
    lines.extend(
        of.left_behind.iter().map(|left| format!("  left behind: {}  {}  {}", left.org, left.status, left.reason)),
    );
    lines.extend(enroll::gone(of.gone.iter().flatten()));
    lines.join("\n")
}

fn batch_table(list: &[BatchView]) -> String {
    let row = |of: &BatchView| {
        vec![
            of.batch_no.clone().unwrap_or_default(),
            of.org.clone(),
            of.status.clone(),
            of.units.to_string(),
            of.people.to_string(),
            Yuan(of.money.total_fen).to_string(),
            Yuan(of.due_fen).to_string(),
        ]
    };
    let head = ["batch", "org", "status", "units", "people", "total", "due"];
    table(&head, &list.iter().map(row).collect::<Vec<_>>())
}

fn payment(paid: &Paid) -> Result<Payment, Failure> {
    Ok(Payment { amount_fen: fen("--amount", &paid.amount)?, paid_on: paid.date })
}

fn offer(file: &Path) -> FileOffer {
    let file_name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    FileOffer { path: file.to_path_buf(), file_name }
}

pub async fn payments(context: &Context<'_>, command: PaymentCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let (by, json) = (context.account.as_str(), context.printer.is_json());
    match command {
        PaymentCommand::UnitPaid { of, paid } => {
            let Payment { amount_fen, paid_on } = payment(&paid)?;
            let recorded = app.desk.record_unit_payment(by, of.year, &of.org, amount_fen, paid_on).await?;
            context
                .printer
                .document(&recorded, |one| format!("{}  {}  {}", one.org, Yuan(one.amount_fen), one.value_date));
        }
        PaymentCommand::Voucher { of, file, paid, instant: true, wait } => {
            let (id, paid) = (instant_no(&of)?, payment(&paid)?);
            let (voucher, bells) = app.desk.upload_instant_voucher(by, id, &offer(&file), &paid).await?;
            waiting::follow(&app, bells, wait, json).await?;
            context.printer.document(&voucher, |of| voucher_line(of, COVER_RUNS));
        }
        PaymentCommand::Voucher { of, file, paid, wait, .. } => {
            let (voucher, bells) = app.desk.upload_voucher(by, &of, &offer(&file), &payment(&paid)?).await?;
            waiting::follow(&app, bells, wait, json).await?;
            context.printer.document(&voucher, |of| voucher_line(of, AT_THE_CENTRE));
        }
        PaymentCommand::Confirm { of, instant: true, wait } => {
            let (view, bells) = app.desk.confirm_instant_payment(by, instant_no(&of)?).await?;
            waiting::follow(&app, bells, wait, json).await?;
            context.printer.document(&view, instant_lines);
        }
        PaymentCommand::Confirm { of, wait, .. } => {
            let (view, bells) = app.desk.confirm_payment(by, &of).await?;
            waiting::follow(&app, bells, wait, json).await?;
            context.printer.document(&view, batch_lines);
        }
        PaymentCommand::Reject { of, reason, instant: true, wait } => {
            let (view, bells) = app.desk.reject_instant_payment(by, instant_no(&of)?, &reason).await?;
            waiting::follow(&app, bells, wait, json).await?;
            context.printer.document(&view, instant_lines);
        }
        PaymentCommand::Reject { of, reason, wait, .. } => {
            let (view, bells) = app.desk.reject_payment(by, &of, &reason).await?;
            waiting::follow(&app, bells, wait, json).await?;
            context.printer.document(&view, batch_lines);
        }
        PaymentCommand::List { batch: Some(of), instant: true, .. } => {
            let vouchers = app.desk.instant_vouchers(by, instant_no(&of)?).await?;
            context.printer.document(&vouchers, |list| voucher_lines(list, COVER_RUNS));
        }
        PaymentCommand::List { batch: Some(batch), .. } => {
            let vouchers = app.desk.vouchers(by, &batch).await?;
            context.printer.document(&vouchers, |list| voucher_lines(list, AT_THE_CENTRE));
        }
        PaymentCommand::List { year, org, .. } => {
            let list = app.desk.unit_payments(by, year.unwrap_or_default(), &org.unwrap_or_default()).await?;
            context.printer.document(&list, |list| {
                let row = |one: &store::payments::UnitPayment| {
                    vec![
                        one.org.clone(),
                        Yuan(one.amount_fen).to_string(),
                        one.value_date.to_string(),
                        one.recorded_by.clone(),
                    ]
                };
                table(&["org", "amount", "value date", "by"], &list.iter().map(row).collect::<Vec<_>>())
            });
        }
    }
    app.close().await;
    Ok(DONE)
}

/// How a batch's voucher stands until the centre has looked at it.
const AT_THE_CENTRE: &str = "waits for the centre";

/// How an instant enrolment's voucher stands until then.
const COVER_RUNS: &str = "waits for the centre; cover does not";

fn instant_no(written: &str) -> Result<i64, Failure> {
    written.parse().map_err(|_| Failure::usage(format!("{written} is no instant enrolment's number"), "a number"))
}

fn voucher_lines(list: &[VoucherView], until: &str) -> String {
    list.iter().map(|of| voucher_line(of, until)).collect::<Vec<_>>().join("\n")
}

/// A voucher with its verdict, or with what is said of it until there is one.
fn voucher_line(of: &VoucherView, until: &str) -> String {
    let over =
        if of.over_fen > 0 { format!("  warning: {} more than is due", Yuan(of.over_fen)) } else { String::new() };
    let verdict = of.verdict.as_deref().unwrap_or(until);
    format!(
        "{}  {}  paid {} on {}  {}  {verdict}{over}",
        of.id,
        of.of,
        Yuan(of.amount_fen),
        of.paid_on,
        of.content_type
    )
}

pub async fn credits(context: &Context<'_>, command: CreditCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let by = context.account.as_str();
    match command {
        CreditCommand::Add { org, of_year, amount, reason } => {
            let credit = app.desk.add_credit(by, &org, of_year, fen("--amount", &amount)?, &reason).await?;
            context
                .printer
                .document(&credit, |one| format!("{}  {} of {}", one.org, Yuan(one.amount_fen), one.of_year));
        }
        CreditCommand::List { org } => {
            let view = app.desk.credits(by, &org).await?;
            context.printer.document(&view, |view| {
                let mut lines = vec![format!("{}  left {}", view.org, Yuan(view.balance_fen))];
                let added = |one: &store::credits::Credit| {
                    format!("  added {} of {}: {}", Yuan(one.amount_fen), one.of_year, shown(&one.reason))
                };
                lines.extend(view.credits.iter().map(added));
                let used = |one: &store::credits::CreditUse| {
                    let given_back = if one.released_at.is_some() { ", given back" } else { "" };
                    format!("  used  {} by {}{given_back}", Yuan(one.amount_fen), one.batch_no)
                };
                lines.extend(view.uses.iter().map(used));
                lines.join("\n")
            });
        }
    }
    app.close().await;
    Ok(DONE)
}

const fn kind_of(kind: NewInstant) -> InstantKind {
    match kind {
        NewInstant::CardNoCover => InstantKind::CardNoCover,
        NewInstant::NewCard => InstantKind::NewCard,
    }
}

pub async fn instants(context: &Context<'_>, command: InstantCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let (by, json) = (context.account.as_str(), context.printer.is_json());
    let decided = match command {
        InstantCommand::List { of, status } => {
            let list = app.desk.instants(by, of.year, &of.org, status.as_deref()).await?;
            context.printer.document(&list, |list| list.iter().map(instant_lines).collect::<Vec<_>>().join("\n"));
            None
        }
        InstantCommand::Preview { of, kind, plan } => {
            let view = app.desk.instant_preview(by, of.year, &of.org, kind_of(kind), plan.as_deref()).await?;
            context.printer.document(&view, instant_lines);
            None
        }
        InstantCommand::Submit { of, id, kind, plan, wait } => {
            let asked = id.map_or(AskedInstant::New(kind_of(kind), plan.as_deref()), AskedInstant::Draft);
            let (view, bells) = app.desk.submit_instant(by, of.year, &of.org, asked).await?;
            waiting::follow(&app, bells, wait, json).await?;
            context.printer.document(&view, instant_lines);
            None
        }
        InstantCommand::Approve { id, wait } => Some((id, InstantEvent::Approve, None, wait)),
        InstantCommand::Return { id, reason, wait } => Some((id, InstantEvent::Return, Some(reason), wait)),
        InstantCommand::Withdraw { id } => Some((id, InstantEvent::Withdraw, None, false)),
    };
    if let Some((id, event, reason, wait)) = decided {
        let (view, bells) = app.desk.decide_instant(by, id, event, reason.as_deref()).await?;
        waiting::follow(&app, bells, wait, json).await?;
        context.printer.document(&view, instant_lines);
    }
    app.close().await;
    Ok(DONE)
}

fn instant_lines(of: &InstantView) -> String {
    let number = of.id.map_or_else(|| "(preview)".to_owned(), |id| id.to_string());
    let mut lines = vec![
        format!("{number}  {}  {}  {}  {}  plan {}", of.org, of.year, of.kind, of.status, of.plan),
        format!("  people {}  cover {} to {}  {}", of.headcount, of.cover_from, of.cover_to, enroll::money(&of.money)),
    ];
    lines.extend(of.reason.as_ref().map(|reason| format!("  {}", shown(reason))));
    lines.extend(match (of.paid_at, of.voucher_at, of.voucher_until) {
        (Some(_), None, None) => Some("  nothing is due: the federation bears all of it".to_owned()),
        (Some(at), ..) => Some(format!("  paid: the centre confirmed it at {}", at.to_rfc3339())),
        (None, Some(at), _) => Some(format!("  a voucher of {} waits for the centre", at.to_rfc3339())),
        (None, None, until) => until.map(|until| format!("  a voucher is due before {}", until.to_rfc3339())),
    });
    lines.extend(of.people.iter().map(|one| {
        let gap = counted(one.gap_days, "day", "days");
        format!("  {}  {}  {}  {gap} without cover", one.member_no, shown(&one.name), one.id_masked)
    }));
    lines.extend(of.left_out.iter().map(|one| {
        let why =
            if one.covered_by.is_empty() { one.reason.to_owned() } else { format!("covered by {}", one.covered_by) };
        format!("  left out: {}  {}  {why}", one.member_no, shown(&one.name))
    }));
    lines.join("\n")
}

pub async fn undo(context: &Context<'_>, command: UndoCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let UndoCommand::Failure { number, reason, wait } = command;
    let (undone, bells) = app.desk.undo_failure(&context.account, &number, &reason).await?;
    waiting::follow(&app, bells, wait, context.printer.is_json()).await?;
    context.printer.document(&undone, |undone| {
        let until = undone.until.map(|until| until.to_rfc3339()).unwrap_or_default();
        let nobody = undone.left_out.is_empty().then(|| "nobody".to_owned());
        let needs = undone.needs.as_ref().map(|needs| format!("\n  {needs}")).unwrap_or_default();
        format!(
            "{} goes on, until {until}: units {}; drafts cancelled {}; left out: {}{needs}",
            shown(&number),
            undone.units.join(" "),
            undone.cancelled_drafts,
            nobody.unwrap_or_else(|| undone.left_out.join(" "))
        )
    });
    app.close().await;
    Ok(DONE)
}
