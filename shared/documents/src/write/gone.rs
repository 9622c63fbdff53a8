//! The section about people who stand on a list though they have died or retired.

use crate::{
    layout::{
        Align::{Centre, Left},
        Book, Column, Row, table_before,
    },
    unit::Gone,
    write::letter::{ENDING, column, section},
};

const PEOPLE: [Column; 4] = [
    column("序号", 0.4, Centre),
    column("姓名", 1.3, Left),
    column("证件号码", 1.2, Centre),
    column("登记情况", 2.0, Left),
];

/// The section with this number; nothing where there is nobody.
pub(super) fn people(book: &mut Book, number: usize, gone: &[Gone], what_follows: &str) {
    if gone.is_empty() {
        return;
    }
    book.heading(&section(number, "已登记死亡或退休人员"));
    book.paragraphs(&format!("下列{}名会员已登记死亡或退休，但仍在名单内。{what_follows}", gone.len()));
    book.gap(3.0);
    let recorded = |one: &Gone| {
        if one.unit.is_empty() { one.recorded.clone() } else { format!("{}（{}）", one.recorded, one.unit) }
    };
    let rows = (1..).zip(gone).map(|(number, one): (usize, _)| {
        Row::of([number.to_string(), one.name.clone(), one.id_masked.clone(), recorded(one)])
    });
    table_before(book, &PEOPLE, 9.0, rows, ENDING);
}
