//! Reading: the file is fetched, and a limited child process makes rows of it.

use std::sync::Arc;

use domain::{
    precision::{Lost, Precision},
    template::TemplateKind,
};
use sheets::{ReadError, ReaderPool, Rejection, Spool};

use crate::{Shift, WorkError};

/// What reading a file gives: rows, or the reason why the file is rejected whole.
pub(crate) type Read = Result<Arc<Spool>, Rejection>;

/// Reads a stored file, off the async threads.
pub(crate) async fn read(
    shift: &Shift,
    reader: &Arc<ReaderPool>,
    object_key: &str,
    kind: TemplateKind,
) -> Result<Read, WorkError> {
    let file = shift.desk.files.fetch(object_key).await?;
    let reader = Arc::clone(reader);
    let read = tokio::task::spawn_blocking(move || reader.read(file.path(), kind)).await;
    match read.map_err(|_| WorkError::Panicked)? {
        Ok(spool) => Ok(Ok(Arc::new(spool))),
        Err(ReadError::Rejected(rejection)) => Ok(Err(rejection)),
        Err(ReadError::Io(error)) => Err(WorkError::Reader(error)),
        Err(ReadError::Stopped) => Err(WorkError::Reader(std::io::ErrorKind::Interrupted.into())),
    }
}

/// What the numbers of a file tell together.
pub(crate) fn lost(spool: &Spool, kind: TemplateKind) -> Result<Lost, WorkError> {
    let mut precision = Precision::default();
    if kind != TemplateKind::Organizations {
        for raw in spool.rows() {
            precision.see(kind, &raw.map_err(WorkError::Reader)?.in_template_order(&spool.head));
        }
    }
    Ok(precision.lost())
}
