//! `enroll` and `review`: what a unit submits, and what its reviewers make of it.

use desk::{
    Classes, EnrollPreview, GoneView, ItemOutcome, MoneyView, Receipt, Review, SubmissionView, submission_view,
};
use domain::{enrollment::eligibility::RetirementDecision, money::Yuan, text::counted};

use super::{Context, waiting};
use crate::{
    app::App,
    cli::{Decision, EnrollCommand, ReviewCommand},
    output::{DONE, Failure, REFUSED, shown, table},
};

pub async fn run(context: &Context<'_>, command: EnrollCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let by = context.account.as_str();
    match command {
        EnrollCommand::Preview { of, plan } => {
            let preview = app.desk.preview(by, of.year, &of.org, plan.as_deref()).await?;
            context.printer.document(&preview, preview_lines);
        }
        EnrollCommand::Pending { of } => {
            let pending = app.desk.pending(by, of.year, &of.org).await?;
            context.printer.document(&pending, |pending| {
                let row = |one: &desk::PendingView| {
                    vec![one.member_no.clone(), one.name.clone(), one.id_masked.clone(), one.message.to_owned()]
                };
                table(&["member_no", "name", "id", "why"], &pending.iter().map(row).collect::<Vec<_>>())
            });
        }
        EnrollCommand::Confirm { of, members, all } => {
            let named = (!all).then_some(members.as_slice());
            let confirmed = app.desk.confirm(by, of.year, &of.org, named).await?;
            context.printer.document(&serde_json::json!({"confirmed": confirmed}), |_| {
                format!("{confirmed} confirmed; it counts with the next submission: rollcall enroll submit")
            });
        }
        EnrollCommand::Decide { of, members, decision } => {
            let decision = match decision {
                Decision::Retired => RetirementDecision::Retired,
                Decision::Stays => RetirementDecision::Stays,
            };
            let decided = app.desk.decide_retirement(by, of.year, &of.org, &members, decision).await?;
            context.printer.document(&serde_json::json!({"decided": decided}), |_| format!("{decided} decided"));
        }
        EnrollCommand::Submit { of, plan, wait } => {
            let submitted = app.desk.submit(by, of.year, &of.org, plan.as_deref()).await?;
            waiting::follow(&app, submitted.bells, wait, context.printer.is_json()).await?;
            context.printer.document(&submitted.receipt, receipt_lines);
        }
        EnrollCommand::Show { of } => {
            let (submission, version) = app.desk.submission(by, of.year, &of.org).await?;
            let gone = app.desk.gone_of(&submission).await?;
            let view = submission_view(submission, Some(&version), gone);
            context.printer.document(&view, show_lines);
        }
        EnrollCommand::Recount { year, repair } => {
            return recount(context, app, year, repair).await;
        }
        EnrollCommand::History { of } => {
            let versions = app.desk.submission_history(by, of.year, &of.org).await?;
            context.printer.document(&versions, |versions| {
                let row = |one: &desk::VersionView| {
                    vec![
                        one.number.clone(),
                        one.received_at.to_rfc3339(),
                        one.cause.clone(),
                        one.plan.clone(),
                        one.people.to_string(),
                        Yuan(one.money.total_fen).to_string(),
                        one.account.clone(),
                        if one.counts { "counts" } else { "" }.to_owned(),
                    ]
                };
                let head = ["number", "received at", "cause", "plan", "people", "total", "by", ""];
                table(&head, &versions.iter().map(row).collect::<Vec<_>>())
            });
        }
    }
    app.close().await;
    Ok(DONE)
}

async fn recount(context: &Context<'_>, app: App, year: i32, repair: bool) -> Result<u8, Failure> {
    let (recount, bells) = app.desk.recount(&context.account, year, repair).await?;
    app.ring(bells).await;
    context.printer.document(&recount, recount_lines);
    app.close().await;
    Ok(if recount.differences.is_empty() || recount.repaired { DONE } else { REFUSED })
}

fn recount_lines(of: &desk::Recount) -> String {
    let figures = |of: &desk::Figures| format!("{} / {} / {}", of.units, of.people, Yuan(of.total_fen));
    let row = |one: &desk::Difference| {
        vec![one.org.clone(), one.plan.clone(), one.status.clone(), figures(&one.kept), figures(&one.recounted)]
    };
    let mut lines =
        vec![format!("{} of {} added up anew", counted(of.submissions, "submission", "submissions"), of.year)];
    if of.waiting > 0 {
        lines.push(format!("changes still on their way to the totals, which are no difference: {}", of.waiting));
    }
    if of.differences.is_empty() {
        lines.push("the totals agree".to_owned());
    } else {
        let head = ["org", "plan", "status", "kept (units / people / yuan)", "recounted"];
        lines.push(table(&head, &of.differences.iter().map(row).collect::<Vec<_>>()));
    }
    if of.repaired {
        lines.push("the totals were written anew".to_owned());
    }
    lines.join("\n")
}

pub async fn review(context: &Context<'_>, command: ReviewCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let by = context.account.as_str();
    let (of, what, reason) = match command {
        ReviewCommand::List { year, org, status, plan } => {
            let list = app.desk.review_list(by, year, &org, status.as_deref(), plan.as_deref()).await?;
            context.printer.document(&list, |list| submissions(list));
            app.close().await;
            return Ok(DONE);
        }
        ReviewCommand::Approve { of } => (of, None, String::new()),
        ReviewCommand::Return { of, reason, yes } => (of, Some(yes), reason),
    };
    let what = match what {
        None => Review::Approve,
        Some(insists) => Review::Return { reason: &reason, insists },
    };
    let named = (!of.all).then_some(of.units.as_slice());
    let (outcomes, bells) = app.desk.review(by, of.year, &of.org, named, what).await?;
    waiting::follow(&app, bells, of.wait, context.printer.is_json()).await?;
    context.printer.document(&outcomes, |outcomes| outcome_lines(outcomes));
    app.close().await;
    // One unit that is refused is a refusal; of several each has its own outcome.
    let all_refused = !outcomes.is_empty() && outcomes.iter().all(|one| one.outcome == "refused");
    Ok(if all_refused { REFUSED } else { DONE })
}

fn outcome_lines(outcomes: &[ItemOutcome]) -> String {
    let row = |one: &ItemOutcome| {
        vec![
            one.org.clone(),
            one.outcome.to_owned(),
            one.status.clone().unwrap_or_default(),
            one.message.clone().unwrap_or_default(),
        ]
    };
    table(&["org", "outcome", "status", ""], &outcomes.iter().map(row).collect::<Vec<_>>())
}

/// Submissions as a table.
pub fn submissions(list: &[SubmissionView]) -> String {
    let row = |one: &SubmissionView| {
        vec![
            one.org.clone(),
            one.name.clone(),
            one.number.clone(),
            one.plan.clone(),
            one.status.clone(),
            one.people.to_string(),
            Yuan(one.money.total_fen).to_string(),
            one.received_at.to_rfc3339(),
            one.reason.clone().unwrap_or_default(),
        ]
    };
    let head = ["org", "name", "number", "plan", "status", "people", "total", "received at", "reason"];
    let table = table(&head, &list.iter().map(row).collect::<Vec<_>>());
    std::iter::once(table).chain(gone(list.iter().flat_map(|one| &one.gone))).collect::<Vec<_>>().join("\n")
}

/// Those who should be on no list any more, a line each, under a heading; nothing where there is nobody.
pub fn gone<'g>(people: impl IntoIterator<Item = &'g GoneView>) -> Vec<String> {
    let line = |one: &GoneView| {
        format!("  {}  {}  {}  {}  {}  {}", one.org, one.class, one.member_no, one.name, one.id_masked, one.message)
    };
    let mut lines: Vec<String> = people.into_iter().map(line).collect();
    if !lines.is_empty() {
        let head =
            "on these lists though recorded as dead or retired; a list that is returned is submitted without them:";
        lines.insert(0, head.to_owned());
    }
    lines
}

fn classes(of: &Classes) -> String {
    format!(
        "members {} = enrolled {} + no card {} + pending {} + retired {} + deceased {}",
        of.total, of.enrolled, of.no_card, of.pending, of.retired, of.deceased
    )
}

/// Money by payer, in a line.
pub fn money(of: &MoneyView) -> String {
    format!(
        "total {} = municipal {} + bureau {} + unit {}",
        Yuan(of.total_fen),
        Yuan(of.municipal_fen),
        Yuan(of.bureau_fen),
        Yuan(of.unit_fen)
    )
}

fn preview_lines(of: &EnrollPreview) -> String {
    let head = format!(
        "{}  {}  {}  plan {}\n{}\n{}\nsubmitted before: {}\n",
        of.org,
        shown(&of.name),
        of.year,
        of.plan,
        classes(&of.classes),
        money(&of.money),
        of.submitted_before
    );
    let warning = |one: &desk::Warning| {
        format!("  {}  {}  {}  {}\n", one.code, one.member_no, shown(&one.name), shown(&one.message))
    };
    std::iter::once(head).chain(of.warnings.iter().map(warning)).collect()
}

fn receipt_lines(of: &Receipt) -> String {
    format!(
        "{}  version {}  plan {}  received {}\n{}\n{}\nlist {}\n",
        of.number,
        of.version,
        of.plan,
        of.received_at.to_rfc3339(),
        classes(&of.classes),
        money(&of.money),
        of.sha256
    )
}

fn show_lines(of: &SubmissionView) -> String {
    let own = of.classes.as_ref().map(classes).unwrap_or_default();
    let reason = of.reason.as_ref().map(|reason| format!("{}\n", shown(reason))).unwrap_or_default();
    format!(
        "{}  {}  {}  plan {}  {}\nreceived {}\n{own}\n{}\n{reason}{}",
        of.org,
        shown(&of.name),
        of.number,
        of.plan,
        of.status,
        of.received_at.to_rfc3339(),
        money(&of.money),
        gone(&of.gone).join("\n")
    )
}
