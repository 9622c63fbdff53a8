//! What a request attempts, so that a refusal of any kind stands in the audit record: noted where rights are checked, which
//! every act goes through, and looked at in one place when the request is over.

use std::{future::Future, sync::Mutex};

use domain::role::Act;

use crate::{Desk, DeskError};

/// An act that a request attempts.
struct Attempt {
    desk: Desk,
    account: String,
    act: Act,
    org: Option<String>,
    /// Whether the record has a row of it.
    is_recorded: bool,
}

tokio::task_local! {
    static ATTEMPT: Mutex<Option<Attempt>>;
}

/// Runs a request of a person or program. Where it ends with a refusal (`code_of` tells its code) that the act itself has
/// not recorded, that is recorded here. Looking at something is no act; there it is lack of right alone that is recorded.
pub async fn on_record<T, E: From<DeskError>>(
    request: impl Future<Output = Result<T, E>>,
    code_of: impl Fn(&E) -> Option<&str>,
) -> Result<T, E> {
    ATTEMPT
        .scope(Mutex::new(None), async {
            let outcome = request.await;
            let attempt = ATTEMPT.with(|attempt| attempt.lock().ok().and_then(|mut attempt| attempt.take()));
            if let (Err(error), Some(attempt)) = (&outcome, attempt)
                && let Some(code) = code_of(error)
                && !attempt.is_recorded
                && !attempt.act.is_look()
            {
                attempt.record(code).await?;
            }
            outcome
        })
        .await
}

impl Attempt {
    async fn record(&self, code: &str) -> Result<(), DeskError> {
        let mut unit = self.desk.store.begin().await?;
        let act = self.desk.act(&self.account, self.act.name(), self.org.as_deref(), None, format!("refused: {code}"));
        store::audit::record(&mut unit, &[act]).await?;
        Ok(unit.commit().await?)
    }
}

impl Desk {
    /// Notes what the request attempts from here on. An organization is named once it is known to be one: what somebody
    /// typed may be anything, a document's number too.
    pub(crate) fn attempts(&self, account: &str, act: Act, org: Option<&str>) {
        let attempt = || Attempt {
            desk: self.clone(),
            account: account.to_owned(),
            act,
            org: org.map(str::to_owned),
            is_recorded: false,
        };
        // Outside a request (a worker, say) there is nobody to look at it.
        let _ = ATTEMPT.try_with(|noted| {
            if let Ok(mut noted) = noted.lock() {
                *noted = Some(attempt());
            }
        });
    }
}

/// Notes that a row of what this account does is on its way into the record.
pub(crate) fn is_recorded(account: &str) {
    let _ = ATTEMPT.try_with(|noted| {
        if let Ok(mut noted) = noted.lock()
            && let Some(attempt) = noted.as_mut().filter(|one| one.account == account)
        {
            attempt.is_recorded = true;
        }
    });
}
