//! `probe`: empty jobs through outbox, broker and worker, and how long they take.

use std::time::Instant;

use desk::Outbox;
use messages::{ProbeSent, Queue};

use super::{Context, waiting};
use crate::output::{DONE, Failure};

pub async fn run(context: &Context<'_>, count: usize) -> Result<u8, Failure> {
    let app = context.app().await?;
    app.desk.authorize(&context.account, domain::role::Act::ManageQueues, None).await?;
    let start = Instant::now();
    let moment = app.desk.moment();
    let mut outbox = Outbox::new();
    let ids: Vec<_> = (0..count).map(|_| outbox.first(&app.desk, Queue::Deadlines, &ProbeSent {}, moment)).collect();
    let mut unit = app.desk.store.begin().await?;
    let bells = outbox.write(&mut unit).await?;
    unit.commit().await?;
    app.ring(bells).await;
    let bar = crate::progress::bar(count as u64, "working", context.printer.is_json());
    waiting::wait(&app, "probe", &ids, &bar).await?;
    let took_ms = start.elapsed().as_millis();
    let document = serde_json::json!({"messages": count, "took_ms": took_ms});
    context.printer.document(&document, |_| format!("{count} empty jobs went through in {took_ms} ms"));
    app.close().await;
    Ok(DONE)
}
