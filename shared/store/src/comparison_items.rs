//! Items of comparisons: what was found of one person, the registry as it was then, and what became of the clerk's choice.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{EngineKind, Rows, Session, StoreError, Unit, Value, organizations::SealedOption};

/// What was found of one person.
#[derive(Debug, Clone, FromRow)]
pub struct Item {
    /// From 1, in the order of the workbook.
    pub item_no: i64,
    /// Wire name of the class.
    pub class: String,
    /// Row number in the file as Excel shows it.
    pub row_no: Option<i64>,
    /// The member's number.
    pub person_id: Option<i64>,
    /// The open membership, as it was.
    pub membership_id: Option<i64>,
    /// When the membership had last been changed.
    pub membership_changed_at: Option<DateTime<Utc>>,
    /// When the person had last been changed.
    pub person_changed_at: Option<DateTime<Utc>>,
    /// The name as written.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// Wire name of what is proposed.
    pub suggestion: Option<String>,
    /// Before and after per field, reasons, what the row said: sealed JSON.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub detail: SealedOption,
    /// Wire name of what the clerk chose last.
    pub choice: Option<String>,
    /// `done` or `refused`.
    pub outcome: Option<String>,
    /// Code of the refusal.
    pub outcome_code: Option<String>,
}

/// What became of a choice.
#[derive(Debug, Clone)]
pub struct ItemEnding {
    /// The item.
    pub item_no: i64,
    /// Wire name of the choice.
    pub choice: &'static str,
    /// `done` or `refused`.
    pub outcome: &'static str,
    /// Code of the refusal.
    pub code: Option<&'static str>,
}

const COLUMNS: &str = "comparison_items.item_no, comparison_items.class, comparison_items.row_no, comparison_items.person_id, \
    comparison_items.membership_id, comparison_items.membership_changed_at, comparison_items.person_changed_at, \
    comparison_items.name, comparison_items.id_masked, comparison_items.suggestion, comparison_items.detail, \
    comparison_items.choice, comparison_items.outcome, comparison_items.outcome_code";

/// Writes what a comparison found.
pub async fn insert(unit: &mut Unit, comparison: Uuid, items: &[Item]) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("item_no", items.iter().map(|i| i.item_no))
        .text("class", items.iter().map(|i| i.class.clone()))
        .int("row_no", items.iter().map(|i| i.row_no))
        .int("person_id", items.iter().map(|i| i.person_id))
        .int("membership_id", items.iter().map(|i| i.membership_id))
        .instant("membership_changed_at", items.iter().map(|i| i.membership_changed_at))
        .instant("person_changed_at", items.iter().map(|i| i.person_changed_at))
        .text("name", items.iter().map(|i| i.name.clone()))
        .text("id_masked", items.iter().map(|i| i.id_masked.clone()))
        .text("suggestion", items.iter().map(|i| i.suggestion.clone()))
        .bytes("detail", items.iter().map(|i| i.detail.bytes()))
        .every("comparison_id", Value::Id(Some(comparison)));
    rows.execute(
        unit,
        "INSERT INTO comparison_items (comparison_id, item_no, class, row_no, person_id, membership_id, membership_changed_at, \
         person_changed_at, name, id_masked, suggestion, detail) \
         SELECT comparison_id, item_no, class, row_no, person_id, membership_id, membership_changed_at, person_changed_at, name, \
         id_masked, suggestion, detail FROM r",
    )
    .await?;
    Ok(())
}

/// A page of a comparison's items in their order, of one class or of all.
pub async fn page(
    session: &mut impl Session,
    comparison: Uuid,
    class: Option<&str>,
    after: i64,
    most: i64,
) -> Result<Vec<Item>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM comparison_items WHERE comparison_id = $1 AND (CAST($2 AS TEXT) IS NULL OR class = $2) \
         AND item_no > $3 ORDER BY item_no LIMIT $4"
    ));
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(comparison).bind(class).bind(after).bind(most).fetch_all(conn).await
    })?)
}

/// The items with these numbers, held for this unit, in no order.
pub async fn lock(unit: &mut Unit, comparison: Uuid, numbers: &[i64]) -> Result<Vec<Item>, StoreError> {
    let held = match unit.kind() {
        EngineKind::Postgres => " ORDER BY comparison_items.item_no FOR UPDATE OF comparison_items",
        EngineKind::Sqlite => "",
    };
    let rows = named(comparison, numbers);
    let sql = format!(
        "SELECT {COLUMNS} FROM r CROSS JOIN comparison_items WHERE comparison_items.comparison_id = r.comparison \
         AND comparison_items.item_no = r.named{held}"
    );
    rows.fetch(unit, &sql).await
}

/// Those of these items whose member has moved, left or been changed since the comparison.
pub async fn stale(session: &mut impl Session, comparison: Uuid, numbers: &[i64]) -> Result<Vec<i64>, StoreError> {
    let found: Vec<(i64,)> = named(comparison, numbers)
        .fetch(
            session,
            "SELECT comparison_items.item_no FROM r CROSS JOIN comparison_items \
             LEFT JOIN memberships ON memberships.id = comparison_items.membership_id AND memberships.until IS NULL \
             LEFT JOIN persons ON persons.id = comparison_items.person_id \
             WHERE comparison_items.comparison_id = r.comparison AND comparison_items.item_no = r.named \
             AND (memberships.id IS NULL OR memberships.changed_at <> comparison_items.membership_changed_at \
             OR persons.changed_at <> comparison_items.person_changed_at)",
        )
        .await?;
    Ok(found.into_iter().map(|(number,)| number).collect())
}

/// Writes what became of choices.
pub async fn settle(
    unit: &mut Unit,
    comparison: Uuid,
    endings: &[ItemEnding],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("named", endings.iter().map(|e| e.item_no))
        .text("choice", endings.iter().map(|e| e.choice.to_owned()))
        .text("outcome", endings.iter().map(|e| e.outcome.to_owned()))
        .text("code", endings.iter().map(|e| e.code.map(str::to_owned)))
        .every("comparison", Value::Id(Some(comparison)))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE comparison_items SET choice = r.choice, outcome = r.outcome, outcome_code = r.code, settled_at = r.at \
         FROM r WHERE comparison_items.comparison_id = r.comparison AND comparison_items.item_no = r.named",
    )
    .await?;
    Ok(())
}

fn named(comparison: Uuid, numbers: &[i64]) -> Rows {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    Rows::new().int("named", sorted).every("comparison", Value::Id(Some(comparison)))
}
