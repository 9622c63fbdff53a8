//! Why something failed, was returned, or came too late: stable codes, and sentences for those concerned.

use chrono::{DateTime, NaiveTime, Utc};

use crate::{
    calendar,
    named::named,
    year::{
        texts::{day_zh, last_day_zh},
        window::WindowKind,
    },
};

named! {
    /// Why a submission or a batch failed.
    FailureReason {
        /// Submitted, and neither approved nor returned when the lists closed.
        NotReviewed "not-reviewed" "提交职保中心截止时仍未审核通过",
        /// Returned, and not sent again.
        Returned "returned" "被退回后未在截止前重新提交",
        /// Approved, but its bureau submitted no list.
        BureauAbsent "bureau-absent" "区局(产业)工会未在截止前提交至职保中心",
        /// Approved, but not in the list that its bureau submitted.
        LeftOut "left-out" "区局(产业)工会已提交的批次中不含本次参保",
        /// The unit owes a share, and no payment is on record.
        UnitUnpaid "unit-unpaid" "基层单位应缴费用没有缴费记录",
        /// What the unit paid in time is less than what it owes.
        UnitShort "unit-short" "基层单位在缴费期内所缴费用不足",
        /// The unit paid, with a value date after the window.
        UnitLate "unit-late" "基层单位应缴费用的到账日期晚于缴费截止日",
        /// The time is up, and the centre has no voucher.
        NoVoucher "no-voucher" "缴费截止时职保中心未收到缴费凭证",
        /// The voucher was rejected, and no other came in the days that were left.
        VoucherRejected "voucher-rejected" "缴费凭证被退回后未在期限内重新上传",
    }
}

impl FailureReason {
    /// Whether the unit's own share is what was missing.
    #[must_use]
    pub fn is_about_share(self) -> bool {
        matches!(self, Self::UnitUnpaid | Self::UnitShort | Self::UnitLate)
    }

    /// What there is to do now.
    #[must_use]
    pub fn remedy_zh(self) -> &'static str {
        match self {
            Self::NotReviewed | Self::Returned | Self::BureauAbsent | Self::LeftOut => {
                "系统已备好即时参保草稿，请核对人员后办理即时参保。"
            }
            Self::UnitUnpaid | Self::UnitShort | Self::UnitLate => {
                "请缴清费用后办理即时参保，系统已备好草稿；如确已按期缴费，请区局(产业)工会联系职保中心核实。"
            }
            Self::NoVoucher | Self::VoucherRejected => {
                "系统已备好即时参保草稿；如款项确已按期划拨，请凭缴费凭证联系职保中心恢复。"
            }
        }
    }
}

named! {
    /// Why a reviewer returns a submission. What a reviewer writes in other words is [`ReturnReason::Other`], and kept.
    ReturnReason {
        /// The plan is not the one that was agreed on.
        Plan "plan" "保障类型选择有误",
        /// People are missing, or are there who should not be.
        People "people" "参保人员名单有误",
        /// People who are retired before the year.
        Retired "retired" "名单中含有应排除的退休人员",
        /// Somebody whom another unit covers.
        Duplicate "duplicate" "名单中有人员已由其他单位参保",
        /// Something else, in the reviewer's words.
        Other "other" "其他原因",
    }
}

impl ReturnReason {
    /// The reason that a reviewer's words begin with, and what else they say: `people: 缺少新入会会员`, `retired`, or plain
    /// words. None where there is no word at all, for a return without a reason helps nobody.
    #[must_use]
    pub fn read(written: &str) -> Option<(Self, String)> {
        let written = crate::text::tidy(written);
        let (word, rest) = written.split_once([':', '：']).unwrap_or((&written, ""));
        match Self::parse(word.trim()) {
            Some(Self::Other) if rest.trim().is_empty() => None,
            Some(reason) => Some((reason, rest.trim().to_owned())),
            None if written.is_empty() => None,
            None => Some((Self::Other, written.into_owned())),
        }
    }

    /// The sentence that the unit reads.
    #[must_use]
    pub fn sentence_zh(self, words: &str) -> String {
        match (self, words) {
            (_, "") => self.name_zh().to_owned(),
            (Self::Other, words) => words.to_owned(),
            (_, words) => format!("{}：{words}", self.name_zh()),
        }
    }
}

/// What those who come too late can do instead.
#[must_use]
pub fn late_remedy_zh(kind: WindowKind) -> &'static str {
    match kind {
        WindowKind::PremiumSetting => "本年度将按年度文件中的默认比例缴费；如需调整请联系市总工会延长期限。",
        WindowKind::Submission => "请联系上级工会申请延长期限，或在保障期内办理即时参保。",
        WindowKind::Review | WindowKind::ReviewBureau => "未进入批次的参保将办理即时参保；如需延长期限请联系市总工会。",
        WindowKind::UnitPayment => "到账日期晚于截止日的缴费不计入集中参保，请办理即时参保。",
        WindowKind::FinalSubmission => "未提交的参保将转为即时参保；如需延长期限请联系市总工会。",
        WindowKind::BureauPayment => "未缴费的参保将转为即时参保；如款项已按期划拨，请凭缴费凭证联系职保中心。",
        WindowKind::Cover => "本保障年度已结束，请办理下一年度的参保。",
    }
}

/// What those who come too late are told: when it closed, and what they can do instead.
#[must_use]
pub fn late_zh(kind: WindowKind, closes_at: DateTime<Utc>) -> String {
    let (window, closed, remedy) = (kind.name_zh(), end_zh(closes_at), late_remedy_zh(kind));
    format!("{window}已于{closed}截止，此后收到的不再计入。{remedy}")
}

/// What those who come too early are told.
#[must_use]
pub fn early_zh(kind: WindowKind, opens_at: DateTime<Utc>) -> String {
    format!("{}将于{}开始，请届时再办理。", kind.name_zh(), instant_zh(opens_at))
}

/// An instant in Shanghai to the minute: `2022年12月26日0时`, `2022年12月27日12时30分`.
#[must_use]
pub fn instant_zh(at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&calendar::ZONE);
    let minute = local.format("%M").to_string();
    let minute = if minute == "00" { String::new() } else { format!("{minute}分") };
    format!("{}{}时{minute}", day_zh(local.date_naive()), local.format("%-H"))
}

/// The end of a window, the first instant at which it is closed: midnight is the end of the day before, `2022年12月25日24时`.
#[must_use]
pub fn end_zh(closes_at: DateTime<Utc>) -> String {
    let local = closes_at.with_timezone(&calendar::ZONE);
    match local.date_naive().pred_opt().filter(|_| local.time() == NaiveTime::MIN) {
        Some(day) => last_day_zh(day),
        None => instant_zh(closes_at),
    }
}

/// The one form of a deadline, in notices and mails: `2022年12月25日24时前`.
#[must_use]
pub fn deadline_zh(closes_at: DateTime<Utc>) -> String {
    format!("{}前", end_zh(closes_at))
}

/// The same to the second, where one second decides: `2022年12月26日0时0分1秒`.
#[must_use]
pub fn second_zh(at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&calendar::ZONE);
    format!("{}{}", day_zh(local.date_naive()), local.format("%-H时%-M分%-S秒"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_has_one_form() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc);
        assert_eq!(deadline_zh(at("2022-12-26T00:00:00+08:00")), "2022年12月25日24时前");
        assert_eq!(deadline_zh(at("2022-12-27T12:30:00+08:00")), "2022年12月27日12时30分前");
        assert_eq!(end_zh(at("2023-01-01T00:00:00+08:00")), "2022年12月31日24时");
    }

    #[test]
    fn every_reason_says_what_is_wrong_and_what_to_do() {
        for reason in FailureReason::ALL {
            assert_eq!(FailureReason::parse(reason.name()), Some(*reason));
            assert!(!reason.name_zh().ends_with('。') && reason.remedy_zh().ends_with('。'), "{}", reason.name());
        }
    }

    #[test]
    fn who_is_late_is_told_when_it_closed_and_what_to_do() {
        let closes_at = "2022-12-26T00:00:00+08:00".parse().unwrap();
        assert_eq!(
            late_zh(WindowKind::Submission, closes_at),
            "集中参保提交已于2022年12月25日24时截止，此后收到的不再计入。请联系上级工会申请延长期限，或在保障期内办理即时参保。"
        );
        for kind in WindowKind::ALL {
            assert!(late_zh(*kind, closes_at).contains("2022年12月25日24时截止"));
        }
        let late = "2022-12-26T00:00:01+08:00".parse().unwrap();
        assert_eq!(second_zh(late), "2022年12月26日0时0分1秒");
        let noon = "2022-12-27T12:30:00+08:00".parse().unwrap();
        assert!(early_zh(WindowKind::FinalSubmission, noon).contains("将于2022年12月27日12时30分开始"));
    }

    #[test]
    fn a_return_has_a_reason_of_the_table_or_the_reviewers_words() {
        let read = |written| ReturnReason::read(written).map(|(reason, words)| reason.sentence_zh(&words));
        assert_eq!(read("retired").as_deref(), Some("名单中含有应排除的退休人员"));
        assert_eq!(read("people: 缺少新入会会员").as_deref(), Some("参保人员名单有误：缺少新入会会员"));
        assert_eq!(read("other：请来电").as_deref(), Some("请来电"));
        assert_eq!(read("请核对第三行").as_deref(), Some("请核对第三行"));
        assert_eq!(read("note: 请核对").as_deref(), Some("note: 请核对"));
        assert_eq!((read("  "), read("other"), read("other: ")), (None, None, None));
    }
}
