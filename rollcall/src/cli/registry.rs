//! The words about unions, members and transfers.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use uuid::Uuid;

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum YesNo {
    /// It is so.
    Yes,
    /// It is not so.
    No,
}

#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// Organizations within reach, from the top down.
    List {
        /// Below this one.
        #[arg(long)]
        below: Option<String>,
        /// Of this level: municipal, bureau, secondary, grassroots or centre.
        #[arg(long)]
        level: Option<String>,
        /// Of this kind: single, joint, temporary, branch, group, federation, or a 类型 as written.
        #[arg(long)]
        kind: Option<String>,
        /// Whose name contains this.
        #[arg(long)]
        name: Option<String>,
    },
    /// One organization with its counts.
    Show { code: String },
    /// Add one under another.
    Add {
        code: String,
        /// The organization above; only the first of all has none.
        #[arg(long, value_name = "CODE")]
        parent: Option<String>,
        #[command(flatten)]
        words: OrgWords,
    },
    /// Change what is stated of one; what is not named stays.
    Edit {
        code: String,
        #[command(flatten)]
        words: OrgWords,
    },
    /// Move one with everything below it.
    Move {
        code: String,
        /// The organization above from now on.
        #[arg(long, value_name = "CODE")]
        under: String,
    },
    /// Remove one in which nobody and below which nothing is.
    Remove { code: String },
}

#[derive(Debug, Args)]
pub struct OrgWords {
    /// 工会组织名称.
    #[arg(long)]
    pub name: Option<String>,
    /// municipal, bureau, secondary, grassroots or centre.
    #[arg(long)]
    pub level: Option<String>,
    /// 类型, as 单独基层工会, 临时工会.
    #[arg(long)]
    pub kind: Option<String>,
    /// 统一社会信用代码.
    #[arg(long)]
    pub uscc: Option<String>,
    /// 经济类型.
    #[arg(long)]
    pub economy: Option<String>,
    /// 所属行业.
    #[arg(long)]
    pub industry: Option<String>,
    /// 企业名称.
    #[arg(long)]
    pub enterprise: Option<String>,
    /// 联系人.
    #[arg(long)]
    pub contact: Option<String>,
    /// 手机号码.
    #[arg(long)]
    pub phone: Option<String>,
    /// 电子邮箱.
    #[arg(long)]
    pub email: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum MemberCommand {
    /// Members of an organization and all below it.
    List {
        #[arg(long)]
        org: String,
        /// Whose name contains this.
        #[arg(long)]
        name: Option<String>,
        /// With a service card, or without one (未办卡).
        #[arg(long)]
        card: Option<YesNo>,
        /// Whose social insurance is paid, is not, or is on no record: yes, no, unknown.
        #[arg(long)]
        social: Option<String>,
        /// Only those whose retirement is on record.
        #[arg(long)]
        retired: bool,
        /// With this 会员标签.
        #[arg(long)]
        label: Option<String>,
        /// Only numbers above this one: the next page.
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// At most so many.
        #[arg(long, default_value_t = 200)]
        most: i64,
    },
    /// One member with the history.
    Show { member_no: String },
    /// Pairs of members who are likely one person under two documents.
    LikelyDuplicates {
        /// Of this organization and all below it; without it all within reach.
        #[arg(long)]
        org: Option<String>,
    },
    /// Ask for members to move to another union; leavers go to a 临时工会 above at once.
    Transfer {
        /// Numbers of members (会员编号).
        #[arg(value_name = "MEMBER_NO", required_unless_present = "file")]
        members: Vec<String>,
        /// The union that they are to be in.
        #[arg(long, value_name = "CODE", required_unless_present = "file")]
        to: Option<String>,
        /// Why.
        #[arg(long, required_unless_present = "file")]
        reason: Option<String>,
        /// A workbook made from `rollcall template transfers` instead; the same as `upload transfers`, waiting.
        #[arg(long, conflicts_with_all = ["members", "to", "reason"], requires = "org")]
        file: Option<PathBuf>,
        /// The union of the members in the workbook, or one above it.
        #[arg(long, value_name = "CODE", requires = "file")]
        org: Option<String>,
    },
    /// Remove members: only who has retired, was convicted or died.
    Remove {
        /// Numbers of members (会员编号).
        #[arg(value_name = "MEMBER_NO", required = true)]
        members: Vec<String>,
        /// retired, convicted or deceased.
        #[arg(long)]
        reason: String,
    },
    /// People whom imports claimed from other unions, and about whom nobody has decided yet.
    ImportPending {
        /// From or into this union and those below.
        #[arg(long)]
        org: Option<String>,
        /// That this upload claimed.
        #[arg(long)]
        upload: Option<Uuid>,
        /// Only requests below this number: the next page.
        #[arg(long)]
        before: Option<i64>,
        /// At most so many.
        #[arg(long, default_value_t = 200)]
        most: i64,
    },
}

#[derive(Debug, Subcommand)]
pub enum TransferCommand {
    /// The newest requests from or into unions within reach.
    List {
        /// From or into this union and those below.
        #[arg(long)]
        org: Option<String>,
        /// pending, approved, rejected or void.
        #[arg(long)]
        status: Option<String>,
        /// Only requests below this number: the next page.
        #[arg(long)]
        before: Option<i64>,
        /// At most so many.
        #[arg(long, default_value_t = 200)]
        most: i64,
    },
    /// Agree: the members move.
    Approve {
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Refuse, with a reason for who asked.
    Reject {
        #[arg(required = true)]
        ids: Vec<i64>,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}
