//! Lists as workbooks: submissions, batches, instant enrolments, failures.

use std::{fs::File, io::BufWriter, path::Path};

use desk::Statistics;
use domain::enrollment::{
    batch::BatchStatus,
    instant::{InstantKind, InstantStatus},
    reason::FailureReason,
    submission::SubmissionStatus,
};
use sheets::{ListBook, ListCell, ListColumn, ListContent, ListHead};
use store::{batches::Batch, failures::Failure as Failed, instants::Instant, submissions::Submission};
use tokio::sync::mpsc;

use super::{AHEAD, Order, failed, joined, local, unwritable};
use crate::{cli::ListOf, commands::Context, output::Failure, progress};

/// Rows of a list, as they are read.
enum Page {
    Units(Vec<Submission>),
    Batches(Vec<Batch>),
    Instants(Vec<Instant>),
    Failures(Vec<Failed>),
}

/// Reads page after page while a thread writes.
pub async fn write(
    context: &Context<'_>,
    list: ListOf,
    mut statistics: Statistics,
    order: Order,
    part: &Path,
) -> Result<serde_json::Value, Failure> {
    let bar = progress::bar(0, "rows", context.printer.is_json());
    let (pages, waiting) = mpsc::channel(AHEAD);
    let path = part.to_owned();
    let writer = tokio::task::spawn_blocking(move || write_rows(list, &order, waiting, &path));
    match list {
        ListOf::Units => {
            let mut after = 0;
            loop {
                let page = statistics.submissions_after(after).await?;
                let Some(newest) = page.last() else { break };
                after = newest.id;
                bar.inc(page.len() as u64);
                let _ = pages.send(Page::Units(page)).await;
            }
        }
        ListOf::Batches => drop(pages.send(Page::Batches(statistics.batches().await?)).await),
        ListOf::Instants => drop(pages.send(Page::Instants(statistics.instants().await?)).await),
        ListOf::Failures => drop(pages.send(Page::Failures(statistics.failures().await?)).await),
    }
    drop(pages);
    let rows = joined(writer.await)?;
    bar.finish_and_clear();
    Ok(serde_json::json!({"year": statistics.year, "org": statistics.org.code, "rows": rows}))
}

fn write_rows(list: ListOf, order: &Order, mut pages: mpsc::Receiver<Page>, path: &Path) -> Result<u32, Failure> {
    let (sheet, columns): (&str, &[ListColumn<'_>]) = match list {
        ListOf::Units => ("参保单位", &UNITS),
        ListOf::Batches => ("参保批次", &BATCHES),
        ListOf::Instants => ("即时参保", &INSTANTS),
        ListOf::Failures => ("参保失败", &FAILURES),
    };
    let title = format!("{}年度{sheet}列表", order.year);
    // What failed or was cancelled is listed with what it had; a filter on 状态 makes the sums those of the rest.
    let all = if list == ListOf::Failures {
        ""
    } else {
        "　合计含失败、取消等各种状态，按状态筛选后随之变化"
    };
    let as_of = order.as_of.format("%Y-%m-%d %H:%M:%S");
    let note = format!("{}　统计时间：{as_of}　金额单位：元{all}", order.org);
    let head = ListHead { sheet, title: &title, note: &note, columns };
    let mut book = ListBook::begin(&head, &order.options()).map_err(failed)?;
    while let Some(page) = pages.blocking_recv() {
        match page {
            Page::Units(rows) => rows.iter().try_for_each(|row| book.row(&unit(row))),
            Page::Batches(rows) => rows.iter().try_for_each(|row| book.row(&batch(row))),
            Page::Instants(rows) => rows.iter().try_for_each(|row| book.row(&instant(row, &row.id.to_string()))),
            Page::Failures(rows) => rows.iter().try_for_each(|row| book.row(&failure(row))),
        }
        .map_err(failed)?;
    }
    let file = File::create(path).map_err(|error| unwritable(path, &error))?;
    book.finish(BufWriter::new(file)).map_err(failed)
}

/// 参保费用 and what each payer pays of it.
const MONEY: [ListColumn<'_>; 4] = [
    ListColumn::summed("参保费用", ListContent::Money, 15),
    ListColumn::summed("市总统一划拨", ListContent::Money, 15),
    ListColumn::summed("区局/各级工会缴费", ListContent::Money, 17),
    ListColumn::summed("基层单位缴费", ListContent::Money, 15),
];
const CODE: ListColumn<'_> = ListColumn::new("工会编号", ListContent::Text, 16);
const NAME: ListColumn<'_> = ListColumn::new("工会组织名称", ListContent::Text, 32);
const NUMBER: ListColumn<'_> = ListColumn::new("批次编号", ListContent::Text, 26);
const PLAN: ListColumn<'_> = ListColumn::new("保障类型", ListContent::Text, 9);
const PEOPLE: ListColumn<'_> = ListColumn::summed("参保人数", ListContent::Integer, 10);
const STATUS: ListColumn<'_> = ListColumn::new("状态", ListContent::Text, 16);
const REASON: ListColumn<'_> = ListColumn::new("原因", ListContent::Text, 40);

const fn moment(title: &str) -> ListColumn<'_> {
    ListColumn::new(title, ListContent::Instant, 19)
}

const UNITS: [ListColumn<'_>; 13] = [
    NUMBER,
    CODE,
    NAME,
    PLAN,
    PEOPLE,
    MONEY[0],
    MONEY[1],
    MONEY[2],
    MONEY[3],
    moment("提交时间"),
    moment("最后更新时间"),
    STATUS,
    REASON,
];

fn unit(of: &Submission) -> Vec<ListCell<'_>> {
    let status = SubmissionStatus::parse(&of.status).map_or(of.status.as_str(), |status| status.name_zh());
    let mut cells = vec![text(&of.number), text(&of.org_code), text(&of.org_name), text(&of.plan)];
    cells.push(ListCell::Integer(of.people));
    cells.extend(money(&of.fen));
    cells.extend([at(Some(of.received_at)), at(Some(of.changed_at)), text(status), maybe(of.reason.as_deref())]);
    cells
}

const BATCHES: [ListColumn<'_>; 17] = [
    NUMBER,
    CODE,
    NAME,
    ListColumn::summed("单位数", ListContent::Integer, 8),
    PEOPLE,
    MONEY[0],
    MONEY[1],
    MONEY[2],
    MONEY[3],
    ListColumn::summed("计划退回金额", ListContent::Money, 15),
    ListColumn::summed("应划拨金额", ListContent::Money, 15),
    moment("提交时间"),
    moment("最后更新时间"),
    STATUS,
    moment("凭证上传时间"),
    moment("职保中心反馈时间"),
    REASON,
];

fn batch(of: &Batch) -> Vec<ListCell<'_>> {
    let status = BatchStatus::parse(&of.status).map_or(of.status.as_str(), |status| status.name_zh());
    let changed =
        [Some(of.submitted_at), of.voucher_at, of.centre_replied_at, of.failed_at].into_iter().flatten().max();
    let mut cells = vec![text(&of.batch_no), text(&of.org_code), text(&of.org_name), ListCell::Integer(of.units)];
    cells.push(ListCell::Integer(of.people));
    cells.extend(money(&of.fen));
    cells.extend([ListCell::MoneyFen(of.credit_fen), ListCell::MoneyFen(of.due_fen)]);
    cells.extend([at(Some(of.submitted_at)), at(changed), text(status)]);
    cells.extend([at(of.voucher_at), at(of.centre_replied_at), maybe(of.reason.as_deref())]);
    cells
}

const INSTANTS: [ListColumn<'_>; 17] = [
    ListColumn::new("编号", ListContent::Text, 8),
    CODE,
    NAME,
    ListColumn::new("来源", ListContent::Text, 14),
    PLAN,
    PEOPLE,
    MONEY[0],
    MONEY[1],
    MONEY[2],
    MONEY[3],
    ListColumn::new("保障开始", ListContent::Date, 12),
    ListColumn::new("保障结束", ListContent::Date, 12),
    moment("提交时间"),
    moment("审批时间"),
    moment("缴费确认时间"),
    STATUS,
    REASON,
];

fn instant<'r>(of: &'r Instant, number: &'r str) -> Vec<ListCell<'r>> {
    let kind = InstantKind::parse(&of.kind).map_or(of.kind.as_str(), |kind| kind.name_zh());
    let status = InstantStatus::parse(&of.status).map_or(of.status.as_str(), |status| status.name_zh());
    let mut cells = vec![text(number), text(&of.org_code), text(&of.org_name), text(kind), text(&of.plan)];
    cells.push(ListCell::Integer(of.people));
    cells.extend(money(&of.fen));
    cells.extend([ListCell::Date(of.cover_from), ListCell::Date(of.cover_to)]);
    cells.extend([at(of.submitted_at), at(of.decided_at), at(of.paid_at), text(status), maybe(of.reason.as_deref())]);
    cells
}

const FAILURES: [ListColumn<'_>; 10] = [
    NUMBER,
    CODE,
    NAME,
    PEOPLE,
    REASON,
    moment("截止时间"),
    moment("处理时间"),
    moment("恢复时间"),
    ListColumn::new("恢复人", ListContent::Text, 14),
    ListColumn::new("恢复原因", ListContent::Text, 30),
];

fn failure(of: &Failed) -> Vec<ListCell<'_>> {
    let reason = FailureReason::parse(&of.reason_code).map_or(of.reason_code.as_str(), |reason| reason.name_zh());
    let mut cells = vec![text(&of.number), text(&of.org_code), text(&of.org_name), ListCell::Integer(of.people)];
    cells.extend([text(reason), at(Some(of.due_at)), at(Some(of.failed_at)), at(of.undone_at)]);
    cells.extend([maybe(of.undone_by.as_deref()), maybe(of.undo_reason.as_deref())]);
    cells
}

fn text(of: &str) -> ListCell<'_> {
    ListCell::Text(of)
}

fn maybe(of: Option<&str>) -> ListCell<'_> {
    of.map_or(ListCell::Empty, ListCell::Text)
}

fn at(of: Option<chrono::DateTime<chrono::Utc>>) -> ListCell<'static> {
    of.map_or(ListCell::Empty, |at| ListCell::Instant(local(at)))
}

fn money(of: &store::submissions::Fen) -> [ListCell<'static>; 4] {
    [of.total, of.municipal, of.bureau, of.unit].map(ListCell::MoneyFen)
}
