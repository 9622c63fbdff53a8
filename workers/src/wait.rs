//! Waiting for chains of messages to settle: `--wait` and `drain --until-idle`.

use std::time::Duration;

use desk::Desk;
use store::StoreError;
use uuid::Uuid;

/// How the watched chains stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Messages of the chains that are ready or running.
    pub open: i64,
    /// Those of them that are mails.
    pub mails: i64,
}

/// How many messages of these chains are open.
pub async fn settled(desk: &Desk, correlations: &[Uuid]) -> Result<Settled, StoreError> {
    let mut view = desk.store.view().await?;
    Ok(Settled {
        open: store::messages::open_of(&mut view, correlations).await?,
        mails: store::messages::open_mails_of(&mut view, correlations).await?,
    })
}

/// Returns once every message of these chains has settled. `tell` hears how many are open, each time it is looked.
/// It looks often at first and less often later: a small file is done in a moment, a large one is not hurried by asking.
pub async fn until_settled(desk: &Desk, correlations: &[Uuid], mut tell: impl FnMut(i64)) -> Result<(), StoreError> {
    let mut pause = Duration::from_millis(10);
    loop {
        let open = settled(desk, correlations).await?.open;
        tell(open);
        if open == 0 {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_millis(250));
    }
}
