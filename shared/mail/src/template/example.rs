//! Invented data of every kind, for previews and tests; nobody of that name exists.

use uuid::Uuid;

use super::{Counts, Figure, FindingCount, FindingLine, Reason, Severity, TransferLetter, UploadLetter};

fn upload() -> UploadLetter {
    UploadLetter {
        upload_id: Uuid::from_u128(0x0184_3f5a_7c00_7000_8000_0000_0000_0001),
        kind_title: "会员导入".to_owned(),
        org_code: "31010101".to_owned(),
        org_name: "示例快递服务站工会".to_owned(),
        file_name: "会员名单.xlsx".to_owned(),
        received_at: "2022-11-01 20:00:00".to_owned(),
        counts: None,
        finding_counts: vec![],
        findings: vec![],
        reason: None,
        unread: Vec::new(),
        figures: vec![],
        attached: false,
    }
}

fn reason(code: &str, message: &str, remedy: &str) -> Reason {
    Reason { code: code.to_owned(), message: message.to_owned(), remedy: remedy.to_owned() }
}

fn line(row: u32, column: &str, value: &str, message: &str) -> FindingLine {
    let value_masked = Some(value.to_owned()).filter(|value| !value.is_empty());
    FindingLine { sheet: None, row, column: Some(column.to_owned()), value_masked, message: message.to_owned() }
}

fn count(code: &str, severity: Severity, message: &str, remedy: &str, count: u64) -> FindingCount {
    FindingCount { code: code.to_owned(), severity, message: message.to_owned(), remedy: remedy.to_owned(), count }
}

pub(super) fn done() -> UploadLetter {
    let mut findings = vec![
        line(5, "证件号码", "3101 **** **** 1234", "校验码不符"),
        line(9, "手机号码", "138****000", "手机号码不是11位"),
        line(12, "会员标签", "骑手", "不在常用值内，已按原文保存"),
    ];
    findings.extend((20..42).map(|row| line(row, "姓名", "", "必填项为空")));
    UploadLetter {
        counts: Some(Counts {
            read: 128,
            accepted: 96,
            unchanged: 5,
            rejected: 24,
            duplicate: 3,
            transfers: 2,
            ..Counts::default()
        }),
        finding_counts: vec![
            count("required", Severity::Error, "必填项为空", "请补填后重新上传。", 22),
            count("id-checksum", Severity::Error, "证件号码校验码不符", "请对照证件逐位核对。", 1),
            count("phone-format", Severity::Error, "手机号码格式不对", "请填写11位手机号码。", 1),
            count("value-not-in-list", Severity::Warning, "不在常用值内", "如填写无误，不需要处理。", 1),
        ],
        findings,
        ..upload()
    }
}

pub(super) fn rejected() -> UploadLetter {
    let remedy = "请使用“会员导入”模板，保留表头一行。";
    UploadLetter {
        reason: Some(reason("columns-missing", "缺少必填列：手机号码、工会编号", remedy)), ..upload()
    }
}

pub(super) fn held() -> UploadLetter {
    let figures = [("姓名不同的行", "35 行"), ("占已匹配的行", "92 %")];
    UploadLetter {
        counts: Some(Counts { read: 40, ..Counts::default() }),
        reason: Some(reason("other-names", "多行证件号码与在册姓名不符，可能是列错位", "")),
        figures: figures.map(|(label, value)| Figure { label: label.to_owned(), value: value.to_owned() }).into(),
        ..upload()
    }
}

pub(super) fn failed() -> UploadLetter {
    UploadLetter { reason: Some(reason("internal", "系统内部错误", "")), ..upload() }
}

pub(super) fn undone() -> UploadLetter {
    let figures = [
        ("撤销时间", "2022-11-03 09:00:00"),
        ("撤回新增会员", "94 人"),
        ("恢复原信息", "2 人"),
        ("撤回转入申请", "2 件"),
    ];
    UploadLetter {
        figures: figures.map(|(label, value)| Figure { label: label.to_owned(), value: value.to_owned() }).into(),
        ..upload()
    }
}

pub(super) fn transfer() -> TransferLetter {
    TransferLetter {
        org_code: "31010102".to_owned(),
        org_name: "示例速运服务站工会".to_owned(),
        from: "31010101 示例快递服务站工会".to_owned(),
        to: "31010102 示例速运服务站工会".to_owned(),
        count: 2,
        people: ["张* 3101 **** **** 1234", "欧** 3101 **** **** 567X"].map(str::to_owned).into(),
        numbers: "1204 1205".to_owned(),
        reason: Some("工作调动".to_owned()),
        at: "2022-11-02 09:30:00".to_owned(),
    }
}
