//! Requests as people and programs see them.

use chrono::{DateTime, Utc};
use domain::{
    mask,
    role::Act,
    transfer::{Side, Status},
};
use serde::Serialize;
use store::{
    StoreError, Vault,
    transfers::{Transfer, TransferSelection},
};
use uuid::Uuid;

use crate::{Desk, DeskError, Reach, Refusal};

/// A request as `transfer list` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct TransferView {
    /// Its number.
    pub id: i64,
    /// 会员编号.
    pub member_no: String,
    /// The name, masked: it may be somebody of another union.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// The union that the member is or was in.
    pub from: String,
    /// The union to be.
    pub to: String,
    /// `pending`, `approved`, `rejected` or `void`.
    pub status: String,
    /// The union that asked.
    pub asked_by: String,
    /// The union that decides; so may those above it.
    pub decided_by_org: String,
    /// Why, in the words of who asked.
    pub reason: Option<String>,
    /// The upload that asked.
    pub upload: Option<Uuid>,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why, in the words of who decided, or what has overtaken it.
    pub decision_reason: Option<String>,
}

/// Which requests are asked for.
#[derive(Debug, Clone, Default)]
pub struct TransferFilter {
    /// From or into this union and those below.
    pub org: Option<String>,
    /// Of this status.
    pub status: Option<String>,
    /// That imports asked for alone.
    pub of_imports: bool,
    /// That this upload asked for.
    pub upload: Option<Uuid>,
    /// With numbers below this one: the next page.
    pub before: Option<i64>,
    /// At most so many.
    pub most: i64,
}

fn view(vault: &Vault, row: Transfer) -> Result<TransferView, StoreError> {
    let number = vault.open(&row.doc_number)?;
    Ok(TransferView {
        asked_by: row.asker().0.to_owned(),
        decided_by_org: row.decider().0.to_owned(),
        id: row.id,
        member_no: format!("{:010}", row.person_id),
        name: mask::mask_name(&row.name),
        id_masked: mask::mask_number(&number),
        from: row.from_code,
        to: row.to_code,
        status: row.status,
        reason: row.reason,
        upload: row.upload_id,
        requested_at: row.requested_at,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        decision_reason: row.decision_reason,
    })
}

impl Desk {
    /// The newest requests from or into unions within an account's reach.
    pub async fn transfers(&self, account: &str, wanted: &TransferFilter) -> Result<Vec<TransferView>, DeskError> {
        if let Some(status) = wanted.status.as_deref().filter(|status| Status::parse(status).is_none()) {
            let names = Status::ALL.map(Status::name).join(", ");
            return Err(Refusal::new("usage", format!("there is no status {status}"), format!("one of {names}")).into());
        }
        let places = match &wanted.org {
            Some(code) => vec![Some(self.organization_for(account, Act::SeeMembers, code).await?.path)],
            None => match self.authorize(account, Act::SeeMembers, None).await? {
                Reach::All => vec![None],
                Reach::Below(paths) => paths.into_iter().map(Some).collect(),
            },
        };
        let mut session = self.store.view().await?;
        let mut found = Vec::new();
        for below in places {
            let selection = TransferSelection {
                below,
                status: wanted.status.clone(),
                upload: wanted.upload,
                asked_by: wanted.of_imports.then(|| Side::To.name()),
                before: wanted.before,
            };
            found.extend(store::transfers::list(&mut session, &selection, wanted.most).await?);
        }
        found.sort_unstable_by_key(|row| std::cmp::Reverse((row.requested_at, row.id)));
        found.dedup_by_key(|row| row.id);
        found.truncate(usize::try_from(wanted.most).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|row| view(self.store.vault(), row)).collect::<Result<_, _>>()?)
    }
}
