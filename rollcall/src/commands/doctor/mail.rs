//! What `doctor` says of mail: whether the next one would go out, and how the ledger stands.

use std::time::Duration;

use ::mail::{Checked, SendError};
use runtime::{config::ClockMode, shanghai_text};

use super::Finding;
use crate::app::{self, App};

/// Longest wait for the mail server in all.
const LIMIT: Duration = Duration::from_secs(15);
/// What is said of a server that refuses us.
const REFUSED: &str = "look at mail.url (login), mail.from, mail.helo and at the rights of this machine at the relay; mails are \
                       held and lost by nothing";

/// Server and ledger.
pub(super) async fn look(app: &App) -> Vec<Finding> {
    let mut findings = vec![server(app).await];
    findings.extend(sender(app));
    findings.extend(ledger(app).await);
    findings
}

async fn server(app: &App) -> Finding {
    let opened = app::open_mailer(&app.config).and_then(|mailer| Ok((mailer, app::sender(&app.config)?)));
    let (mailer, from) = match opened {
        Ok(opened) => opened,
        Err(failure) => return Finding::bad("mail", failure.message, failure.hint),
    };
    if app::writes_to_people(&app.config)
        && (app.config.clock.mode == ClockMode::Simulated || matches!(app.desk.simulated_now().await, Ok(Some(_))))
    {
        let refusal = app::rehearsal_writes();
        return Finding::bad("mail", refusal.message, refusal.hint);
    }
    match tokio::time::timeout(LIMIT, mailer.check(&from)).await {
        Ok(Ok(Checked::Outbox)) => Finding::good("mail", "the outbox folder can be written"),
        Ok(Ok(Checked::Recipient(to))) => {
            Finding::good("mail", format!("the server takes mails from {} to {to}", from.masked()))
        }
        Ok(Ok(Checked::SenderAlone)) => Finding::good(
            "mail",
            format!("the server takes {} as sender; set mail.probe to ask for a recipient outside, too", from.masked()),
        ),
        Ok(Err(error @ SendError::Ours { .. })) => Finding::bad("mail", error.to_string(), REFUSED),
        Ok(Err(error @ SendError::Permanent { .. })) => {
            Finding::bad("mail", format!("the probe address: {error}"), "give an address in mail.probe that exists")
        }
        Ok(Err(error @ (SendError::Busy { .. } | SendError::Transient { .. }))) => {
            Finding::bad("mail", error.to_string(), "wait; lower mail.per_minute where it is about the rate")
        }
        Ok(Err(error)) => Finding::away("mail", error.to_string(), "start it, or mend mail.url"),
        Err(_) => Finding::away("mail", format!("no answer in {} s", LIMIT.as_secs()), "start it, or mend mail.url"),
    }
}

/// A sender to whom nobody can answer, where mails leave the house.
fn sender(app: &App) -> Option<Finding> {
    let from = app::sender(&app.config).ok()?;
    let leaves = !app.config.mail.url.is_empty() && from.domain() == "localhost";
    leaves.then(|| {
        let found = "mails go out from an address at localhost, which most servers refuse";
        Finding {
            remedy: "give an address of your domain in mail.from".to_owned(),
            ..Finding::good("mail.from", found)
        }
    })
}

/// What waits, what holds it, and what nothing will ever send.
async fn ledger(app: &App) -> Vec<Finding> {
    let looked = async {
        let mut view = app.desk.store.view().await?;
        let held = store::ledger::held(&mut view).await?;
        let (waiting, oldest) = store::ledger::waiting(&mut view).await?;
        let stranded = store::ledger::stranded(&mut view).await?.len();
        Ok::<_, store::StoreError>((held, waiting, oldest, stranded))
    };
    // A database that does not answer, or is not set up yet, is told of elsewhere.
    let Ok((held, waiting, oldest, stranded)) = looked.await else { return Vec::new() };
    let since = oldest.map_or_else(String::new, |at| format!(", the oldest since {}", shanghai_text(at)));
    let mut findings = vec![match held {
        Some(found) => Finding::bad(
            "mail ledger",
            format!("no mail goes out since {}: {}; {waiting} wait", shanghai_text(found.since), found.why),
            "mend what it says; they go out by themselves then",
        ),
        None => Finding::good("mail ledger", format!("{waiting} wait{since}")),
    }];
    if stranded > 0 {
        findings.push(Finding::bad(
            "mail ledger",
            format!("{stranded} wait for a message that does not exist any more"),
            "rollcall mail resend --status queued --yes (and --status sending)",
        ));
    }
    findings
}
