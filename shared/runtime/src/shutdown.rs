//! SIGTERM and SIGINT: the first asks everybody to finish, the second ends the process at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a process that a second signal has cut off; 128 + SIGTERM, as a shell shows it.
const CUT_OFF: i32 = 143;

/// Listens from now on; the token is cancelled by the first signal. Fails only where signals can't be had.
pub fn on_signals() -> std::io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping: no new work is taken; a second signal ends at once");
        stop.cancel();
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("ended at once; what was running will be taken up again by another process");
        std::process::exit(CUT_OFF);
    });
    Ok(token)
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
