//! Facts about documents, as feeds bring them: card, social insurance, retirement, death, 干部/工人.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{DocKey, Rows, Session, StoreError, Unit, Value, organizations::SealedOption};

/// What is on record about a document.
#[derive(Debug, Clone, FromRow)]
pub struct Facts {
    /// The document's key.
    pub doc_key: Vec<u8>,
    /// 会员服务卡号, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub card: SealedOption,
    /// 社保缴纳.
    pub social_insurance: Option<bool>,
    /// 退休日期.
    pub retired_on: Option<NaiveDate>,
    /// 死亡日期.
    pub deceased_on: Option<NaiveDate>,
    /// Wire name of 干部/工人.
    pub staff: Option<String>,
}

impl Facts {
    /// The document's key.
    pub fn key(&self) -> Result<DocKey, StoreError> {
        Ok(DocKey::read(&self.doc_key)?)
    }
}

/// What a row says of a document. `None` says nothing and erases nothing (decisions 3).
#[derive(Debug, Clone)]
pub struct NewFacts {
    /// The document's key.
    pub doc_key: DocKey,
    /// 会员服务卡号, sealed.
    pub card: SealedOption,
    /// 社保缴纳.
    pub social_insurance: Option<bool>,
    /// 退休日期.
    pub retired_on: Option<NaiveDate>,
    /// 死亡日期.
    pub deceased_on: Option<NaiveDate>,
    /// Wire name of 干部/工人.
    pub staff: Option<&'static str>,
}

/// What is on record about these documents, in no order.
pub async fn known(session: &mut impl Session, keys: &[DocKey]) -> Result<Vec<Facts>, StoreError> {
    let known = session.kind().each("facts", "facts", "facts.doc_key = r.named");
    let sql = format!(
        "SELECT facts.doc_key, facts.card, facts.social_insurance, facts.retired_on, facts.deceased_on, facts.staff FROM r{known}"
    );
    Rows::new().bytes("named", keys.iter().map(|key| key.to_vec())).fetch(session, &sql).await
}

/// Writes facts over what is there, in the order of their keys; each document once.
pub async fn put(unit: &mut Unit, new: &[NewFacts], upload: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut sorted: Vec<&NewFacts> = new.iter().collect();
    sorted.sort_unstable_by_key(|facts| facts.doc_key);
    let rows = Rows::new()
        .bytes("doc_key", sorted.iter().map(|f| f.doc_key.to_vec()))
        .bytes("card", sorted.iter().map(|f| f.card.bytes()))
        .bool("social_insurance", sorted.iter().map(|f| f.social_insurance))
        .date("retired_on", sorted.iter().map(|f| f.retired_on))
        .date("deceased_on", sorted.iter().map(|f| f.deceased_on))
        .text("staff", sorted.iter().map(|f| f.staff.map(str::to_owned)))
        .every("upload_id", Value::Id(Some(upload)))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "INSERT INTO facts (doc_key, card, social_insurance, retired_on, deceased_on, staff, upload_id, changed_at, gone_upload_id, card_at) \
         SELECT doc_key, card, social_insurance, retired_on, deceased_on, staff, upload_id, at, \
         CASE WHEN retired_on IS NOT NULL OR deceased_on IS NOT NULL THEN upload_id END, \
         CASE WHEN card IS NOT NULL THEN at END FROM r WHERE TRUE \
         ON CONFLICT (doc_key) DO UPDATE SET card = COALESCE(excluded.card, facts.card), \
         social_insurance = COALESCE(excluded.social_insurance, facts.social_insurance), \
         retired_on = COALESCE(excluded.retired_on, facts.retired_on), \
         deceased_on = COALESCE(excluded.deceased_on, facts.deceased_on), staff = COALESCE(excluded.staff, facts.staff), \
         upload_id = excluded.upload_id, changed_at = excluded.changed_at, \
         gone_upload_id = CASE WHEN COALESCE(excluded.retired_on, facts.retired_on) IS DISTINCT FROM facts.retired_on \
         OR COALESCE(excluded.deceased_on, facts.deceased_on) IS DISTINCT FROM facts.deceased_on \
         THEN excluded.upload_id ELSE facts.gone_upload_id END, \
         card_at = CASE WHEN facts.card IS NULL THEN excluded.card_at ELSE facts.card_at END",
    )
    .await?;
    Ok(())
}
