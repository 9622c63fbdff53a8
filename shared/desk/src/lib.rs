//! The application layer: what people and programs ask for. Rights are checked, rows and messages are written in one
//! unit, and what happened stands in the audit record. Commands call it; a web front door would call the same functions.

mod accept;
mod accounts;
mod attempts;
mod backfill;
mod bond;
mod clock;
mod comparisons;
mod error;
mod history;
mod items;
mod letters;
mod likely;
mod mails;
mod matter;
mod members;
mod organizations;
mod outbox;
mod place;
mod queues;
mod removals;
mod rights;
mod setup;
mod takeback;
mod transfers;
mod tree;
mod uploads;
mod year;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use files::Files;
use runtime::{Clock, Ids};
use store::Store;
use uuid::Uuid;

pub use accept::{Accepted, FileOffer, ForOrg, check_data_type, kept_file_name, object_key, upload_of_key};
pub use accounts::AccountView;
pub use attempts::on_record;
pub use backfill::{backfill_page, is_backfilled};
pub use bond::Bond;
pub use clock::{ClockMove, ClockMoved, ClockView, NextDue};
pub use comparisons::{
    ApplicationCounts, ApplicationView, ComparisonItem, ComparisonItems, ComparisonView, FieldView, item_key,
    item_prefix,
};
pub use error::{DeskError, Refusal};
pub use history::{ChangeView, MemberHistory, StayView};
pub use items::{Done, ItemView};
pub use letters::{Cause, Letter, Reader};
pub use likely::{LikelyDuplicate, LikelyMember};
pub use mails::Resending;
pub use matter::Matter;
pub use members::{MemberSelection, MemberView, member_view};
pub use organizations::{OrgFilter, OrgView};
pub use outbox::{Bell, Outbox};
pub use place::{Hold, Place, Resumed};
pub use queues::Preview;
pub use removals::{leave, leaver};
pub use rights::Reach;
pub use setup::{SetupState, find_data_key, has_data_key, make_data_key, missing_data_key, new_data_key};
pub use takeback::{BuiltOn, TakeBack, TakeBackUnion};
pub use transfers::{Asked, Chain, TransferFilter, TransferView, ask_step, is_temporary_above, nearest_temporaries};
pub use tree::OrgStated;
pub use uploads::{Counts, Reason, UploadFile, UploadView};
pub use year::*;

/// The application layer of one process.
#[derive(Clone)]
pub struct Desk {
    /// The database.
    pub store: Store,
    /// Uploaded and produced files.
    pub files: Files,
    /// Both clocks.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn Ids>,
    /// Limits.
    pub settings: DeskSettings,
}

/// What the desk is held to.
#[derive(Debug, Clone)]
pub struct DeskSettings {
    /// Largest uploaded file, in bytes.
    pub upload_bytes: u64,
    /// A larger file goes into the lane for large files, in bytes.
    pub large_bytes: u64,
    /// Days after its receipt in which an import can be taken back.
    pub undo_days: u32,
    /// After this, a message that nobody claimed is rung again; zero where there is no broker to ring at.
    pub ring_again: TimeDelta,
}

/// One moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// By which windows, receipts and cover are judged.
    pub business: DateTime<Utc>,
    /// By which leases and backoff run.
    pub machine: DateTime<Utc>,
}

impl Desk {
    /// Now, on both clocks.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment { business: self.clock.business_now(), machine: self.clock.machine_now() }
    }

    /// A new id that sorts by the machine's time.
    #[must_use]
    pub fn id(&self, moment: Moment) -> Uuid {
        self.ids.id(moment.machine)
    }
}
