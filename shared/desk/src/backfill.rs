//! What older programs stored in another form than this one writes, brought up to date before anything reads by the new rule:
//! names with radicals and private-use characters are stored in ordinary ones ([`domain::ordinary`]), so that a search finds
//! them.
//!
//! It goes through the persons page by page, each a unit of its own that moves the mark of how far it has come. Whoever is
//! stopped half-way goes on from the mark; two who do it at once wait for each other and share the pages.

use domain::name::PersonName;
use store::{
    Store, StoreError,
    persons::{self, Named},
    settings,
};

/// How far the names are: the number of the last person, or [`DONE`].
const NAMES: &str = "backfill-names";
/// All of them are.
const DONE: &str = "done";
/// Persons of one unit.
const PAGE: i64 = 5_000;

/// Brings everything up to date, from where it was left.
pub(crate) async fn backfill(store: &Store) -> Result<(), StoreError> {
    while backfill_page(store, PAGE).await? {}
    Ok(())
}

/// Whether everything is up to date.
pub async fn is_backfilled(store: &Store) -> Result<bool, StoreError> {
    let mut view = store.view().await?;
    Ok(settings::find(&mut view, NAMES).await?.as_deref() == Some(DONE))
}

/// Brings the next so many persons up to date; false where none was left.
pub async fn backfill_page(store: &Store, most: i64) -> Result<bool, StoreError> {
    let mut unit = store.begin().await?;
    settings::keep(&mut unit, NAMES, "0").await?;
    // Held to the end of the unit: another one waits here, and goes on behind this page.
    let mark = settings::lock(&mut unit, NAMES).await?.unwrap_or_default();
    if mark == DONE {
        return Ok(false);
    }
    let after = mark.parse().map_err(|_| StoreError::Corrupt(format!("setting {NAMES}")))?;
    let page = persons::names_after(&mut unit, after, most).await?;
    let old: Vec<Named> = page.iter().filter_map(rewritten).collect();
    persons::rewrite_names(&mut unit, &old).await?;
    let next = page.last().map_or_else(|| DONE.to_owned(), |last| last.person_id.to_string());
    settings::put(&mut unit, NAMES, &next).await?;
    unit.commit().await?;
    if !old.is_empty() {
        tracing::info!(names = old.len(), "names were stored in ordinary characters");
    }
    Ok(!page.is_empty())
}

/// The name in the form in which it is stored today, where that is another one.
fn rewritten(named: &Named) -> Option<Named> {
    let today = PersonName::stored(&named.name);
    (today.as_str() != named.name).then(|| Named { person_id: named.person_id, name: today.as_str().to_owned() })
}
