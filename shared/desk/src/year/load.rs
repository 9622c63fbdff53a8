//! Loading a year's file: a new year, or one that nobody has submitted for yet.

use chrono::{DateTime, Utc};
use domain::{
    role::Act,
    year::{diff::diff, file::YearFile, window::Window},
};
use serde::Serialize;
use store::{Unit, submissions::SubmissionSelection, windows::NewWindow, years::Year};

use super::Season;
use crate::{Desk, DeskError, Moment, Refusal};

/// A coverage year as it is listed.
#[derive(Debug, Clone, Serialize)]
pub struct YearView {
    /// The coverage year.
    pub year: i32,
    /// Grows with each file that replaced another.
    pub version: i64,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Codes of its plans.
    pub plans: Vec<String>,
    /// Who loaded it.
    pub loaded_by: String,
    /// When.
    pub loaded_at: DateTime<Utc>,
}

/// One thing in which two years differ.
#[derive(Debug, Clone, Serialize)]
pub struct YearChange {
    /// The key in the file.
    pub key: String,
    /// What the first file says; none: nothing.
    pub before: Option<String>,
    /// What the second one says.
    pub after: Option<String>,
}

impl Desk {
    /// Loads a year's file. A year that units have submitted for is not replaced: what they were told would not hold.
    pub async fn load_year(&self, account: &str, text: &str) -> Result<YearView, DeskError> {
        self.authorize(account, Act::LoadYear, None).await?;
        let file = YearFile::parse(text).map_err(|faults| {
            let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Refusal::new("year-file", told.join("\n"), "years/2023.toml is an example of a valid file")
        })?;
        let moment = self.moment();
        let mut unit = self.store.begin().await?;
        let wanted = SubmissionSelection { year: file.year(), below: "/".to_owned(), most: 1, ..Default::default() };
        if !store::submissions::list(&mut unit, &wanted).await?.is_empty() {
            return Err(Refusal::new(
                "year-in-use",
                format!("units have submitted for {} already", file.year()),
                "a date can be moved with: rollcall window extend",
            )
            .into());
        }
        put_year(&mut unit, &file, text, account, moment).await?;
        let act = self.act(account, Act::LoadYear.name(), None, Some(format!("year:{}", file.year())), "done");
        store::audit::record(&mut unit, &[act]).await?;
        let loaded = store::years::find(&mut unit, file.year()).await?;
        unit.commit().await?;
        loaded.map(view).ok_or_else(|| Refusal::unknown("year", &file.year().to_string()).into())
    }

    /// The years on record, the newest first.
    pub async fn years(&self) -> Result<Vec<YearView>, DeskError> {
        let mut session = self.store.view().await?;
        Ok(store::years::list(&mut session).await?.into_iter().map(view).collect())
    }

    /// A year's file in its one normal writing.
    pub async fn year_text(&self, year: i32) -> Result<String, DeskError> {
        let mut session = self.store.view().await?;
        Ok(Season::load(&mut session, year).await?.file.to_toml())
    }

    /// In what two years differ.
    pub async fn year_diff(&self, first: i32, second: i32) -> Result<Vec<YearChange>, DeskError> {
        let mut session = self.store.view().await?;
        let (first, second) = (Season::load(&mut session, first).await?, Season::load(&mut session, second).await?);
        let changes = diff(&first.file, &second.file).into_iter();
        Ok(changes.map(|c| YearChange { key: c.key, before: c.before, after: c.after }).collect())
    }
}

/// Puts the files that come with the program on record, those of years that are not there yet (decision 26).
pub(crate) async fn put_shipped(unit: &mut Unit, moment: Moment) -> Result<(), DeskError> {
    for (year, text) in YearFile::SHIPPED {
        if store::years::find(unit, *year).await?.is_some() {
            continue;
        }
        if let Ok(file) = YearFile::parse(text) {
            put_year(unit, &file, text, "migrate", moment).await?;
        }
    }
    Ok(())
}

async fn put_year(
    unit: &mut Unit,
    file: &YearFile,
    text: &str,
    account: &str,
    moment: Moment,
) -> Result<(), DeskError> {
    let row = Year {
        year: file.year(),
        file: text.to_owned(),
        sha256: files::sha256(text.as_bytes()),
        version: 1,
        loaded_by: account.to_owned(),
        loaded_at: moment.business,
    };
    store::years::put(unit, &row).await?;
    for (kind, days) in file.windows() {
        let Some(Window { opens_at, closes_at }) = Window::of(days) else { continue };
        let new = NewWindow { year: file.year(), name: kind.name(), org_id: None, opens_at, closes_at, reason: None };
        store::windows::put(unit, &new, account, moment.business).await?;
    }
    Ok(())
}

fn view(year: Year) -> YearView {
    let plans = YearFile::parse(&year.file).map(|file| file.plans().iter().map(|plan| plan.code.clone()).collect());
    YearView {
        year: year.year,
        version: year.version,
        sha256: year.sha256,
        plans: plans.unwrap_or_default(),
        loaded_by: year.loaded_by,
        loaded_at: year.loaded_at,
    }
}
