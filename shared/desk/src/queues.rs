//! The operator's view of the pipeline: queues, the dead pile, the audit record.

use std::collections::HashSet;

use domain::role::Act;
use messages::Queue;
use serde::Serialize;
use store::{
    audit::{Act as Recorded, ActSelection},
    messages::{DeadMessage, DeadSelection, QueueState},
};
use uuid::Uuid;

use crate::{Desk, DeskError, Reach, Refusal};

/// How many messages a replay or discard is about, before it is done.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Preview {
    /// Messages that the selection means.
    pub messages: i64,
}

impl Desk {
    /// How every queue stands, for an account that looks after them.
    pub async fn queues(&self, account: &str) -> Result<Vec<QueueState>, DeskError> {
        self.authorize(account, Act::ManageQueues, None).await?;
        self.queue_states().await
    }

    /// The same for the service itself. It holds no personal data.
    pub async fn queue_states(&self) -> Result<Vec<QueueState>, DeskError> {
        let mut view = self.store.view().await?;
        Ok(store::messages::queue_states(&mut view, self.clock.machine_now()).await?)
    }

    /// Pauses or resumes a queue; false when it was so already.
    pub async fn pause_queue(&self, account: &str, queue: Queue, pause: bool) -> Result<bool, DeskError> {
        self.authorize(account, Act::ManageQueues, None).await?;
        let moment = self.moment();
        let mut unit = self.store.begin().await?;
        let changed = if pause {
            store::messages::pause(&mut unit, queue, account, moment.machine).await?
        } else {
            store::messages::resume(&mut unit, queue, moment.machine).await?
        };
        let act = if pause { "queue-pause" } else { "queue-resume" };
        let outcome = if changed { "done" } else { "unchanged" };
        store::audit::record(&mut unit, &[self.act(account, act, None, Some(format!("queue:{queue}")), outcome)])
            .await?;
        unit.commit().await?;
        Ok(changed)
    }

    /// The dead pile, newest first.
    pub async fn dead(&self, account: &str, wanted: &DeadSelection) -> Result<Vec<DeadMessage>, DeskError> {
        self.authorize(account, Act::ManageDead, None).await?;
        let mut view = self.store.view().await?;
        Ok(store::messages::list_dead(&mut view, wanted).await?)
    }

    /// A message with its whole chain.
    pub async fn dead_chain(&self, account: &str, id: Uuid) -> Result<Vec<DeadMessage>, DeskError> {
        self.authorize(account, Act::ManageDead, None).await?;
        let mut view = self.store.view().await?;
        let chain = store::messages::show_dead(&mut view, id).await?;
        if chain.is_empty() { Err(Refusal::unknown("message", &id.to_string()).into()) } else { Ok(chain) }
    }

    /// How many messages a replay or discard of this selection would touch.
    pub async fn preview_dead(&self, account: &str, wanted: &DeadSelection) -> Result<Preview, DeskError> {
        self.authorize(account, Act::ManageDead, None).await?;
        let mut view = self.store.view().await?;
        Ok(Preview { messages: store::messages::count_dead(&mut view, wanted).await? })
    }

    /// Lets dead messages run again; the number.
    pub async fn replay_dead(&self, account: &str, wanted: &DeadSelection) -> Result<u64, DeskError> {
        self.authorize(account, Act::ManageDead, None).await?;
        let mut unit = self.store.begin().await?;
        let dead_before = store::ledger::dead(&mut unit).await?;
        let replayed = store::messages::replay(&mut unit, wanted, self.clock.machine_now()).await?;
        let still: HashSet<Uuid> = store::ledger::dead(&mut unit).await?.into_iter().map(|(id, _)| id).collect();
        let mails: Vec<Uuid> =
            dead_before.into_iter().filter(|(id, _)| !still.contains(id)).map(|(_, mail)| mail).collect();
        store::ledger::reopen(&mut unit, &mails).await?;
        store::uploads::reopen_replayed(&mut unit).await?;
        store::comparisons::reopen_replayed(&mut unit).await?;
        let act = self.act(
            account,
            "dead-replay",
            None,
            wanted.id.map(|id| format!("message:{id}")),
            format!("done: {replayed}"),
        );
        store::audit::record(&mut unit, &[act]).await?;
        unit.commit().await?;
        Ok(replayed)
    }

    /// Gives dead messages up for good; the number.
    pub async fn discard_dead(&self, account: &str, wanted: &DeadSelection) -> Result<u64, DeskError> {
        self.authorize(account, Act::ManageDead, None).await?;
        let mut unit = self.store.begin().await?;
        let discarded = store::messages::discard(&mut unit, wanted, self.clock.machine_now()).await?;
        let act = self.act(
            account,
            "dead-discard",
            None,
            wanted.id.map(|id| format!("message:{id}")),
            format!("done: {discarded}"),
        );
        store::audit::record(&mut unit, &[act]).await?;
        unit.commit().await?;
        Ok(discarded)
    }

    /// The newest acts on record that an account may see.
    pub async fn audit(&self, account: &str, wanted: &ActSelection, most: i64) -> Result<Vec<Recorded>, DeskError> {
        // Whose reach is the whole tree sees what was done at organizations that are gone, too.
        let reach = self.authorize(account, Act::SeeAudit, None).await?;
        match &wanted.org_code {
            _ if reach == Reach::All => {}
            Some(code) => {
                self.organization_for(account, Act::SeeAudit, code).await?;
            }
            None => {
                return Err(Refusal::new("usage", "name an organization within your reach", "--org CODE").into());
            }
        }
        let mut view = self.store.view().await?;
        Ok(store::audit::list(&mut view, wanted, most).await?)
    }
}
