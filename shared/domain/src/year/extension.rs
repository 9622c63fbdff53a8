//! What an extension has to leave room for: somebody who acts within it, and what comes after it.

use super::window::WindowKind;
use crate::organization::Level;

impl WindowKind {
    /// The levels of unions for which the window can be extended: those that act in it, and those above them.
    #[must_use]
    pub fn extended_for(self) -> &'static [Level] {
        use Level::{Bureau, Grassroots, Municipal, Secondary};
        match self {
            Self::PremiumSetting | Self::ReviewBureau | Self::FinalSubmission | Self::BureauPayment => {
                &[Municipal, Bureau]
            }
            Self::Review => &[Municipal, Bureau, Secondary],
            Self::Submission | Self::UnitPayment | Self::Cover => &[Municipal, Bureau, Secondary, Grassroots],
        }
    }

    /// The window that may not close before this one, as long as it is open itself: what comes in last would have nowhere to
    /// go. The year file is held to the same order.
    #[must_use]
    pub fn followed_by(self) -> Option<Self> {
        match self {
            Self::Submission | Self::Review | Self::UnitPayment | Self::ReviewBureau => Some(Self::FinalSubmission),
            Self::FinalSubmission => Some(Self::BureauPayment),
            Self::PremiumSetting | Self::BureauPayment | Self::Cover => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_extended_for_those_who_act_in_it() {
        for kind in WindowKind::ALL {
            assert!(kind.extended_for().contains(&Level::Municipal), "{kind:?}");
            assert!(!kind.extended_for().contains(&Level::Centre), "{kind:?}");
        }
        assert!(WindowKind::Submission.extended_for().contains(&Level::Grassroots));
        assert!(!WindowKind::FinalSubmission.extended_for().contains(&Level::Grassroots));
        assert!(!WindowKind::Review.extended_for().contains(&Level::Grassroots));
        assert!(!WindowKind::ReviewBureau.extended_for().contains(&Level::Secondary));
    }

    #[test]
    fn what_follows_a_window_follows_in_the_year() {
        for kind in WindowKind::ALL {
            assert!(kind.followed_by().is_none_or(|next| next > *kind), "{kind:?}");
        }
        assert_eq!(WindowKind::Submission.followed_by(), Some(WindowKind::FinalSubmission));
        assert_eq!(WindowKind::FinalSubmission.followed_by(), Some(WindowKind::BureauPayment));
        assert_eq!(WindowKind::Cover.followed_by(), None);
    }
}
