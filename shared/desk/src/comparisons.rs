//! Comparisons as people and programs see them, and workbooks in which a clerk has chosen what is to be done.

use chrono::{DateTime, Utc};
use domain::{
    comparison::{Choice, Class, Counts, Suggestion},
    role::Act,
    template::column_title,
};
use messages::ComparisonApplied;
use serde::Serialize;
use serde_json::Value;
use store::{
    StoreError, Vault,
    comparison_items::Item,
    comparisons::{Application, Comparison, NewApplication},
};
use uuid::Uuid;

use crate::{Bell, Desk, DeskError, FileOffer, Moment, Outbox, Reach, Refusal, kept_file_name, object_key};

/// A comparison as `compare list` and `compare show` print it. Fields may be added, these stay (interface.md).
#[derive(Debug, Clone, Serialize)]
pub struct ComparisonView {
    /// Its id.
    pub id: Uuid,
    /// The roster.
    pub upload: Uuid,
    /// The union's number.
    pub org: String,
    /// `requested` or `done`.
    pub status: String,
    /// What was found, by class.
    pub counts: Counts,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When it was done.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A comparison with what it found.
#[derive(Debug, Clone, Serialize)]
pub struct ComparisonItems {
    /// The comparison.
    #[serde(flatten)]
    pub comparison: ComparisonView,
    /// What it found; rows that say what the registry says leave nothing.
    pub items: Vec<ComparisonItem>,
}

/// What was found of one person.
#[derive(Debug, Clone, Serialize)]
pub struct ComparisonItem {
    /// Its number.
    pub item: i64,
    /// What stands for it in the column 条目, where something can be chosen.
    pub key: Option<String>,
    /// The class.
    pub class: String,
    /// Row number in the file as Excel shows it.
    pub row: Option<i64>,
    /// 会员编号, of a member.
    pub member_no: Option<String>,
    /// The name.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// What is proposed, in Chinese: 转移, 退休, 死亡 or 先改名单.
    pub suggestion: Option<String>,
    /// Before and after of each field that differs; numbers masked.
    pub fields: Vec<FieldView>,
    /// Of a near match: the member.
    pub member: Option<Value>,
    /// Why, in Chinese.
    pub reasons: Vec<String>,
    /// What the clerk chose last, in Chinese.
    pub choice: Option<String>,
    /// `done` or `refused`.
    pub outcome: Option<String>,
    /// Code of the refusal.
    pub outcome_code: Option<String>,
}

/// The name under which a difference workbook knows an item; it tells one comparison from another.
#[must_use]
pub fn item_key(comparison: Uuid, number: i64) -> String {
    format!("{}-{number}", item_prefix(comparison))
}

/// What stands before the number.
#[must_use]
pub fn item_prefix(comparison: Uuid) -> String {
    let id = comparison.simple().to_string();
    id.get(24..).unwrap_or_default().to_uppercase()
}

/// A field before and after.
#[derive(Debug, Clone, Serialize)]
pub struct FieldView {
    /// The column's title.
    pub column: String,
    /// What the registry says.
    pub before: String,
    /// What the file says.
    pub after: String,
}

/// A workbook with choices as `compare apply` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct ApplicationView {
    /// Its id.
    pub id: Uuid,
    /// The comparison.
    pub comparison: Uuid,
    /// `received`, `done`, `rejected` or `failed`.
    pub status: String,
    /// Code and sentence, where it was rejected or failed.
    pub reason: Option<crate::Reason>,
    /// Items: chosen = done + refused + unchanged.
    pub counts: ApplicationCounts,
    /// The outcome of each item; the first 1,000.
    pub items: Value,
}

/// The figures of a workbook with choices.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ApplicationCounts {
    /// Items for which something was chosen.
    pub chosen: i64,
    /// Those carried out.
    pub done: i64,
    /// Those refused.
    pub refused: i64,
    /// Those that had been carried out before.
    pub unchanged: i64,
}

impl From<Comparison> for ComparisonView {
    fn from(of: Comparison) -> Self {
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        let counts = Counts {
            read: count(of.counts.n_read),
            same: count(of.counts.n_same),
            changed: count(of.counts.n_changed),
            absent_from_file: count(of.counts.n_absent),
            not_in_registry: count(of.counts.n_not_in_registry),
            in_other_union: count(of.counts.n_in_other_union),
            near_match: count(of.counts.n_near),
            duplicate: count(of.counts.n_duplicate),
            rejected: count(of.counts.n_rejected),
        };
        Self {
            id: of.id,
            upload: of.upload_id,
            org: of.org_code,
            status: of.status,
            counts,
            requested_at: of.requested_at,
            finished_at: of.finished_at,
        }
    }
}

impl From<Application> for ApplicationView {
    fn from(of: Application) -> Self {
        let reason = of.reason_code.map(|code| crate::Reason { code, message: of.reason.unwrap_or_default() });
        let unchanged = of.n_chosen - of.n_done - of.n_refused;
        Self {
            id: of.id,
            comparison: of.comparison_id,
            status: of.status,
            reason,
            counts: ApplicationCounts { chosen: of.n_chosen, done: of.n_done, refused: of.n_refused, unchanged },
            items: serde_json::from_str(&of.results).unwrap_or_default(),
        }
    }
}

/// An item with its detail opened and masked.
fn item_view(vault: &Vault, comparison: Uuid, item: Item) -> Result<ComparisonItem, StoreError> {
    let detail: Value = match &item.detail.0 {
        None => Value::Null,
        Some(sealed) => serde_json::from_str(&vault.open(sealed)?).unwrap_or_default(),
    };
    let list = |key: &str| detail[key].as_array().cloned().unwrap_or_default();
    let fields = list("fields").iter().map(field_view).collect();
    let reasons = list("remarks").iter().filter_map(|remark| remark.as_str().map(str::to_owned)).collect();
    // The number of somebody in another union is that union's to know.
    let is_own = matches!(item.class.as_str(), "absent_from_file" | "changed");
    let offered = Class::parse(&item.class).is_some_and(|class| !Choice::offered(class).is_empty());
    Ok(ComparisonItem {
        item: item.item_no,
        key: offered.then(|| item_key(comparison, item.item_no)),
        member_no: item.person_id.filter(|_| is_own).map(|person| format!("{person:010}")),
        class: item.class,
        row: item.row_no,
        name: item.name,
        id_masked: item.id_masked,
        suggestion: item.suggestion.as_deref().and_then(Suggestion::parse).map(|one| one.name_zh().to_owned()),
        fields,
        member: detail.get("member").cloned().filter(|member| !member.is_null()),
        reasons,
        choice: item.choice.as_deref().and_then(Choice::parse).map(|choice| choice.name_zh().to_owned()),
        outcome: item.outcome,
        outcome_code: item.outcome_code,
    })
}

fn field_view(field: &Value) -> FieldView {
    let word = |key: &str| field[key].as_str().unwrap_or_default();
    let shown = |value: &str| match word("column") {
        "phone" => domain::mask::mask_phone(value),
        _ => value.to_owned(),
    };
    FieldView {
        column: column_title(word("column")).unwrap_or_default().to_owned(),
        before: shown(word("before")),
        after: shown(word("after")),
    }
}

impl Desk {
    /// One comparison, for an account that may do this act with it.
    pub async fn comparison(&self, account: &str, act: Act, id: Uuid) -> Result<Comparison, DeskError> {
        self.attempts(account, act, None);
        let found = { store::comparisons::find(&mut self.store.view().await?, id).await? };
        self.seen(account, act, found, || Refusal::unknown("comparison", &id.to_string())).await
    }

    /// The newest comparisons within an account's reach.
    pub async fn comparisons(&self, account: &str, most: i64) -> Result<Vec<ComparisonView>, DeskError> {
        let reach = self.authorize(account, Act::SeeComparisons, None).await?;
        let paths = match reach {
            Reach::All => vec![None],
            Reach::Below(paths) => paths.into_iter().map(Some).collect(),
        };
        let mut view = self.store.view().await?;
        let mut found = Vec::new();
        for below in paths {
            found.extend(store::comparisons::list(&mut view, below.as_deref(), most).await?);
        }
        found.sort_unstable_by_key(|one| std::cmp::Reverse((one.requested_at, one.id)));
        found.dedup_by_key(|one| one.id);
        found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(ComparisonView::from).collect())
    }

    /// A comparison with its items, of one class or of all, at most `most`.
    pub async fn comparison_items(
        &self,
        account: &str,
        id: Uuid,
        class: Option<&str>,
        most: i64,
    ) -> Result<ComparisonItems, DeskError> {
        let found = self.comparison(account, Act::SeeComparisons, id).await?;
        let mut view = self.store.view().await?;
        let items = store::comparison_items::page(&mut view, id, class, 0, most).await?;
        let items = items.into_iter().map(|item| item_view(self.store.vault(), id, item)).collect::<Result<_, _>>()?;
        Ok(ComparisonItems { comparison: found.into(), items })
    }

    /// Accepts a workbook with choices: its application, the chain to wait for, and the bells to ring.
    pub async fn apply_comparison(
        &self,
        account: &str,
        id: Uuid,
        offer: &FileOffer,
    ) -> Result<(Uuid, Uuid, Vec<Bell>), DeskError> {
        let found = self.comparison(account, Act::ApplyComparison, id).await?;
        if found.status != "done" {
            let hint = "ask again later: rollcall compare show";
            return Err(Refusal::new("not-done", "the comparison is not done yet", hint).into());
        }
        self.check_file(offer)?;
        let application = self.id(self.moment());
        let key = object_key(found.upload_id, &format!("actions-{application}"));
        self.files.put_file(&key, &offer.path).await?;
        let moment = Moment { machine: self.clock.machine_now(), business: self.clock.business_now() };
        let mut outbox = Outbox::new();
        let message = ComparisonApplied { application_id: application };
        let correlation = outbox.first(self, messages::Queue::Comparisons, &message, moment);
        let new = NewApplication {
            id: application,
            comparison_id: id,
            account: account.to_owned(),
            file_name: kept_file_name(&offer.file_name),
            object_key: key,
            correlation_id: correlation,
            received_at: moment.business,
        };
        let mut unit = self.store.begin().await?;
        store::comparisons::accept_application(&mut unit, &new).await?;
        let bells = outbox.write(&mut unit).await?;
        let about = Some(format!("comparison:{id}"));
        let act = self.act(account, Act::ApplyComparison.name(), Some(&found.org_code), about, "accepted");
        store::audit::record(&mut unit, &[act]).await?;
        unit.commit().await?;
        Ok((application, correlation, bells))
    }

    /// A workbook with choices, as it stands.
    pub async fn application(&self, id: Uuid) -> Result<ApplicationView, DeskError> {
        let mut view = self.store.view().await?;
        let found = store::comparisons::find_application(&mut view, id).await?;
        Ok(found.ok_or_else(|| Refusal::unknown("application", &id.to_string()))?.into())
    }
}
