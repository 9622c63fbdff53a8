//! What the difference workbook of a comparison holds.

use std::{io::Cursor, path::Path};

use chrono::{Datelike, NaiveDate};
use domain::{
    cell::Cell,
    comparison::{Choice, Class, Stranger},
    row::{Context, member},
    template::{TemplateKind, column_title},
};
use runtime::{SHANGHAI, shanghai_time};
use sheets::{Difference, Page, WriteOptions, write_difference};
use store::{comparison_items::Item, organizations::Organization, uploads::Upload};
use uuid::Uuid;

use super::{compare::Made, items::key};
use crate::WorkError;

/// Columns that name a person, with their widths.
const PERSON: [(&str, f64); 4] = [("姓名", 14.0), ("证件类型", 22.0), ("证件号码", 24.0), ("手机号码", 16.0)];
/// Values that stand for one another in a change of several fields.
const BETWEEN: &str = "；";

/// Writes the workbook: its bytes.
pub(super) fn write(
    id: Uuid,
    made: &Made,
    found: &[Item],
    upload: &Upload,
    org: &Organization,
    temp_folder: &Path,
) -> Result<Vec<u8>, WorkError> {
    let received = upload.received_at.with_timezone(&SHANGHAI).naive_local();
    let (whole, lacking) = newcomers(made, org, received.date());
    let mut pages = vec![absent(id, made, found), whole, changed(id, made, found), elsewhere(id, made, found)];
    pages.extend([near(made), repeated(made)]);
    pages.extend([lacking, refused(made)].into_iter().filter(|page| !page.rows.is_empty()));
    let difference = Difference {
        lines: lines(id, upload, org),
        counts: counts(made),
        advice: ADVICE.map(str::to_owned).into(),
        pages,
        year: received.year(),
    };
    let mut out = Cursor::new(Vec::new());
    write_difference(&difference, &WriteOptions { created: received, temp_folder }, &mut out)
        .map_err(|error| WorkError::Workbook(error.to_string()))?;
    Ok(out.into_inner())
}

const ADVICE: [&str; 5] = [
    "平台有名单无：平台登记而名单中没有的会员。在“处理”列选择转移、退休、死亡、犯罪或保留；建议为“先改名单”的请先核对名单，系统不会转移或移除。",
    "名单有平台无：名单中有而平台没有的人员。该页为会员导入模板，本文件可直接作为会员导入上传，无需改动。",
    "信息不一致：选择“更新”则以名单为准；留空或“不更新”则不变。",
    "在其他工会：选择“申请转入”则向其所在工会提出转入申请。",
    "选择后保存本文件，用 rollcall compare apply 提交。“条目”列请勿改动。",
];

fn lines(id: Uuid, upload: &Upload, org: &Organization) -> Vec<(String, String)> {
    [
        ("文件", upload.file_name.clone()),
        ("工会", format!("{} {}", org.code, org.name)),
        ("上传账号", upload.account.clone()),
        ("接收时间", shanghai_time(upload.received_at)),
        ("上传编号", upload.id.to_string()),
        ("比对编号", id.to_string()),
    ]
    .map(|(label, text)| (label.to_owned(), text))
    .into()
}

fn counts(made: &Made) -> Vec<(String, u64)> {
    let counts = &made.comparison.counts;
    let of_class = |class: Class| (class.title_zh().to_owned(), counts.of(class));
    std::iter::once(("读取行数".to_owned(), counts.read)).chain(Class::ALL.map(of_class)).collect()
}

fn page(class: Class, columns: &[(&str, f64)]) -> Page {
    Page {
        name: class.title_zh().to_owned(),
        columns: columns.iter().map(|(title, width)| ((*title).to_owned(), *width)).collect(),
        choices: Choice::offered(class),
        rows: Vec::new(),
    }
}

/// The items of a class, in the order in which they were made.
fn of_class(found: &[Item], class: Class) -> impl Iterator<Item = &Item> {
    found.iter().filter(move |item| item.class == class.name())
}

/// Name, document and phone of a member.
fn member_cells(made: &Made, place: usize) -> [String; 4] {
    let member = &made.members[place];
    [
        member.name.as_str().to_owned(),
        member.document.kind.name_zh().to_owned(),
        member.document.number.as_str().to_owned(),
        member.phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
    ]
}

fn stranger_cells(stranger: &Stranger) -> [String; 4] {
    let person = &stranger.person;
    [
        person.name.as_str().to_owned(),
        person.document.kind.name_zh().to_owned(),
        person.document.number.as_str().to_owned(),
        person.phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
    ]
}

fn member_no(made: &Made, place: usize) -> String {
    format!("{:010}", made.states[place].person_id)
}

fn absent(id: Uuid, made: &Made, found: &[Item]) -> Page {
    let mut columns = vec![("建议", 12.0), ("会员编号", 14.0)];
    columns.extend(PERSON);
    columns.extend([
        ("工作单位", 28.0),
        ("会员标签", 16.0),
        ("出生日期", 14.0),
        ("退休日期", 14.0),
        ("死亡日期", 14.0),
    ]);
    let mut page = page(Class::AbsentFromFile, &columns);
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    for (item, absent) in of_class(found, Class::AbsentFromFile).zip(&made.comparison.absent) {
        let member = &made.members[absent.member];
        let mut row = vec![key(id, item.item_no), String::new()];
        row.extend([absent.suggestion.name_zh().to_owned(), member_no(made, absent.member)]);
        row.extend(member_cells(made, absent.member));
        row.extend([&member.employer, &member.label].map(|text| text.as_deref().unwrap_or_default().to_owned()));
        row.extend([day(member.birth), day(member.retired_on), day(member.deceased_on)]);
        page.rows.push(row);
    }
    page
}

/// Newcomers in the form of the member import: those that it takes as they stand, and those that lack something.
fn newcomers(made: &Made, org: &Organization, today: NaiveDate) -> (Page, Page) {
    let kind = TemplateKind::Members;
    let mut whole = Page::of_template(Class::NotInRegistry.title_zh(), kind);
    let mut lacking = Page::of_template("名单有平台无（待补）", kind);
    lacking.columns.push(("待补内容".to_owned(), 60.0));
    for stranger in &made.comparison.newcomers {
        let person = &stranger.person;
        let sex = person.sex.or_else(|| person.document.sex());
        let mut row: Vec<String> = stranger_cells(stranger).into();
        row.push(sex.map(|sex| sex.name_zh().to_owned()).unwrap_or_default());
        row.extend([org.name.clone(), org.code.clone()]);
        row.extend([&person.employer, &person.label].map(|text| text.as_deref().unwrap_or_default().to_owned()));
        row.resize(kind.columns().len(), String::new());
        let cells: Vec<Cell<'_>> = row.iter().map(|text| Cell::Text(text)).collect();
        let checked = member(&cells, Context { today });
        if checked.value.is_some() {
            whole.rows.push(row);
        } else {
            let said = checked.faults.into_iter().map(|fault| fault.at(None, stranger.row).message_zh());
            row.push(said.collect::<Vec<_>>().join(BETWEEN));
            lacking.rows.push(row);
        }
    }
    (whole, lacking)
}

fn changed(id: Uuid, made: &Made, found: &[Item]) -> Page {
    let mut columns = vec![("行号", 8.0), ("会员编号", 14.0)];
    columns.extend(&PERSON[..3]);
    columns.extend([("字段", 16.0), ("平台登记", 30.0), ("名单填写", 30.0)]);
    let mut page = page(Class::Changed, &columns);
    for (item, changed) in of_class(found, Class::Changed).zip(&made.comparison.changed) {
        // One line a field; the choice is the item's, so the first line alone names it.
        for (place, difference) in changed.differences.iter().enumerate() {
            let item = if place == 0 { key(id, item.item_no) } else { String::new() };
            let mut row = vec![item, String::new(), changed.row.to_string(), member_no(made, changed.member)];
            row.extend(member_cells(made, changed.member).into_iter().take(3));
            row.push(column_title(difference.column).unwrap_or(difference.column).to_owned());
            row.extend([difference.before.clone(), difference.after.clone()]);
            page.rows.push(row);
        }
    }
    page
}

fn elsewhere(id: Uuid, made: &Made, found: &[Item]) -> Page {
    let mut columns = vec![("行号", 8.0)];
    columns.extend(PERSON);
    columns.extend([("工作单位", 28.0), ("会员标签", 16.0)]);
    let mut page = page(Class::InOtherUnion, &columns);
    for (item, (_, stranger)) in of_class(found, Class::InOtherUnion).zip(&made.comparison.elsewhere) {
        let person = &stranger.person;
        let mut row = vec![key(id, item.item_no), String::new(), stranger.row.to_string()];
        row.extend(stranger_cells(stranger));
        row.extend([&person.employer, &person.label].map(|text| text.as_deref().unwrap_or_default().to_owned()));
        page.rows.push(row);
    }
    page
}

fn near(made: &Made) -> Page {
    let columns = [
        ("行号", 8.0),
        ("名单姓名", 14.0),
        ("名单证件号码", 24.0),
        ("会员编号", 14.0),
        ("平台姓名", 14.0),
        ("平台证件号码", 24.0),
        ("原因", 40.0),
    ];
    let mut page = page(Class::NearMatch, &columns);
    for near in &made.comparison.near {
        let (name, number) = if near.refused {
            let row = &made.comparison.refused[near.place];
            let name = row.name.as_ref().map(|name| name.as_str().to_owned());
            (name.unwrap_or_default(), row.number.as_deref().unwrap_or_default().to_owned())
        } else {
            let person = &made.comparison.newcomers[near.place].person;
            (person.name.as_str().to_owned(), person.document.number.as_str().to_owned())
        };
        let member = &made.members[near.member];
        let reasons: Vec<&str> = near.reasons.iter().map(|reason| reason.name_zh()).collect();
        page.rows.push(vec![
            near.row.to_string(),
            name,
            number,
            member_no(made, near.member),
            member.name.as_str().to_owned(),
            member.document.number.as_str().to_owned(),
            reasons.join(BETWEEN),
        ]);
    }
    page
}

fn repeated(made: &Made) -> Page {
    let columns = [("行号", 8.0), PERSON[0], PERSON[1], PERSON[2], PERSON[3], ("说明", 40.0)];
    let mut page = page(Class::Duplicate, &columns);
    for repeated in &made.comparison.repeated {
        let stranger = Stranger { row: repeated.row, person: repeated.person.clone() };
        let mut row = vec![repeated.row.to_string()];
        row.extend(stranger_cells(&stranger));
        row.push(repeated.fault.clone().at(None, repeated.row).message_zh());
        page.rows.push(row);
    }
    page
}

fn refused(made: &Made) -> Page {
    let columns = [("行号", 8.0), ("姓名", 14.0), ("证件号码", 24.0), ("原因", 60.0)];
    let mut page = page(Class::Rejected, &columns);
    for refused in &made.comparison.refused {
        let said = refused.faults.iter().map(|fault| fault.clone().at(None, refused.row).message_zh());
        page.rows.push(vec![
            refused.row.to_string(),
            refused.name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
            refused.number.as_deref().unwrap_or_default().to_owned(),
            said.collect::<Vec<_>>().join(BETWEEN),
        ]);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::{super::items, *};

    #[test]
    fn an_item_s_key_tells_comparison_and_number() {
        let id = Uuid::from_u128(0x0184_2f5c_7a00_7000_8000_0000_0abc_def1);
        assert_eq!(key(id, 7), "0ABCDEF1-7");
        assert!(key(id, 7).starts_with(&items::prefix(id)));
    }
}
