//! Facts about a document that feeds bring: card, social insurance, retirement, death, 干部/工人 (decision 1).

use chrono::NaiveDate;

use crate::{card::CardNumber, person::Staff};

/// What is known of a document; `None` is "nothing known", which is not "no" (decision 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The service card.
    pub card: Option<CardNumber>,
    /// Whether the unit pays social insurance.
    pub social_insurance: Option<bool>,
    /// The day of retirement.
    pub retired_on: Option<NaiveDate>,
    /// The day of death.
    pub deceased_on: Option<NaiveDate>,
    /// 干部 or 工人.
    pub staff: Option<Staff>,
}

impl Facts {
    /// What is known once `news` came in: what they state replaces, what they leave blank stays (decision 3).
    #[must_use]
    pub fn merged(self, news: Self) -> Self {
        Self {
            card: news.card.or(self.card),
            social_insurance: news.social_insurance.or(self.social_insurance),
            retired_on: news.retired_on.or(self.retired_on),
            deceased_on: news.deceased_on.or(self.deceased_on),
            staff: news.staff.or(self.staff),
        }
    }
}
