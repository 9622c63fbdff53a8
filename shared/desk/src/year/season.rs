//! A season: one coverage year's file with its windows as they stand, extensions included.

use chrono::{DateTime, Utc};
use domain::year::{
    file::YearFile,
    window::{Window, WindowKind, WindowState},
};
use runtime::shanghai_text;
use store::{Session, organizations::Organization};

use crate::{DeskError, Refusal};

/// One coverage year, as requests are judged by it.
#[derive(Debug, Clone)]
pub struct Season {
    /// The year's file.
    pub file: YearFile,
    /// Its windows: for all, and those of single organizations.
    pub windows: Vec<store::windows::Window>,
}

impl Season {
    /// The year as it is on record; refused where it is not.
    pub async fn load(session: &mut impl Session, year: i32) -> Result<Self, DeskError> {
        let known = store::years::find(session, year).await?.ok_or_else(|| {
            Refusal::new(
                "unknown-year",
                format!("there is no coverage year {year}"),
                "rollcall year list shows those that there are; another one comes with: rollcall year load FILE",
            )
        })?;
        let file = YearFile::parse(&known.file).map_err(|faults| {
            let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Refusal::new(
                "year-file",
                format!("the file of year {year} on record can't be read by this program: {}", told.join("; ")),
                "load it anew: rollcall year load FILE",
            )
        })?;
        Ok(Self { file, windows: store::windows::of_year(session, year).await? })
    }

    /// The coverage year.
    #[must_use]
    pub fn year(&self) -> i32 {
        self.file.year()
    }

    /// A window as it holds for an organization of this path: that of all, extended by its own and by those above it.
    #[must_use]
    pub fn window(&self, kind: WindowKind, path: &str) -> Option<Window> {
        let named = |window: &&store::windows::Window| window.name == kind.name();
        let all = self.windows.iter().filter(named).find(|window| window.org_id.is_none())?;
        let own = self
            .windows
            .iter()
            .filter(named)
            .filter(|window| window.org_path.as_deref().is_some_and(|above| path.starts_with(above)));
        let base = Window { opens_at: all.opens_at, closes_at: all.closes_at };
        Some(base.extended(own.map(|window| window.closes_at)))
    }

    /// Refuses what is received at `at` outside the window, with the instant of its opening or closing, and what to do.
    pub fn require_open(
        &self,
        kind: WindowKind,
        org: &Organization,
        at: DateTime<Utc>,
        late_hint: &str,
    ) -> Result<(), Refusal> {
        let Some(window) = self.window(kind, &org.path) else {
            return Err(Refusal::new(
                "window-missing",
                format!("the year has no window {kind:?}"),
                "rollcall window list",
            ));
        };
        let name = kind.name();
        match window.state(at) {
            WindowState::Open => Ok(()),
            WindowState::Upcoming => Err(Refusal::new(
                "window-upcoming",
                format!("the window {name} opens at {}", shanghai_text(window.opens_at)),
                "ask again then",
            )),
            WindowState::Closed => Err(Refusal::new(
                "window-closed",
                format!(
                    "the window {name} closed at {}; this was received at {}",
                    shanghai_text(window.closes_at),
                    shanghai_text(at)
                ),
                late_hint,
            )),
        }
    }
}
