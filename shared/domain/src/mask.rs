//! Masks for what identifies a person, as on the federation's screens: `3411 **** **** 6755`.

/// A document or card number: the first and last four of 12 and more, fewer of shorter ones.
#[must_use]
pub fn mask_number(number: &str) -> String {
    match number.chars().count() {
        0 => String::new(),
        12.. => ends(number, 4, " **** **** ", 4),
        8.. => ends(number, 2, "****", 2),
        4.. => ends(number, 1, "***", 1),
        _ => "***".to_owned(),
    }
}

/// A phone number: `138****8000`.
#[must_use]
pub fn mask_phone(phone: &str) -> String {
    match phone.chars().count() {
        0 => String::new(),
        11.. => ends(phone, 3, "****", 4),
        6.. => ends(phone, 2, "****", 2),
        _ => "***".to_owned(),
    }
}

/// A name: its first character and a star for each other one, three at most.
#[must_use]
pub fn mask_name(name: &str) -> String {
    let mut chars = name.chars();
    let first: String = chars.next().into_iter().collect();
    first + &"*".repeat(chars.count().min(3))
}

/// An e-mail address: the first character of its name, and its domain.
#[must_use]
pub fn mask_email(email: &str) -> String {
    match email.split_once('@') {
        Some((name, domain)) => format!("{}***@{domain}", name.chars().next().map(String::from).unwrap_or_default()),
        None => mask_number(email),
    }
}

/// Free text that may contain numbers, such as an error of a service: every run of 6 and more digits (or X) becomes
/// stars, and so does every group of 11 and more digits that single blanks or hyphens divide.
#[must_use]
pub fn mask_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_digit) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let plain = rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
        let (grouped, digits) = group(rest);
        let end = if digits >= 11 { grouped } else { plain };
        if digits >= 11 || rest[..plain].chars().count() >= 6 {
            out.push_str("******");
        } else {
            out.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn ends(text: &str, front: usize, between: &str, back: usize) -> String {
    let count = text.chars().count();
    let head: String = text.chars().take(front).collect();
    let tail: String = text.chars().skip(count.saturating_sub(back)).collect();
    format!("{head}{between}{tail}")
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c) || matches!(c, 'X' | 'x')
}

/// Length in bytes and number of digits of the group that the text begins with.
fn group(text: &str) -> (usize, usize) {
    let (mut end, mut digits, mut parted) = (0, 0, false);
    for (at, c) in text.char_indices() {
        if is_digit(c) {
            (end, digits, parted) = (at + c.len_utf8(), digits + 1, false);
        } else if matches!(c, ' ' | '-') && !parted {
            parted = true;
        } else {
            break;
        }
    }
    (end, digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_look_as_on_the_screens() {
        assert_eq!(mask_number("341199199001016755"), "3411 **** **** 6755");
        assert_eq!(mask_number("6231000000000000996"), "6231 **** **** 0996");
        assert_eq!(mask_number("H12345678"), "H1****78");
        assert_eq!(mask_number("123"), "***");
        assert_eq!(mask_phone("13800138000"), "138****8000");
        assert_eq!(mask_name("买买提·阿不都"), "买***");
        assert_eq!(mask_name("王芳"), "王*");
        assert_eq!(mask_email("clerk@example.org"), "c***@example.org");
    }

    #[test]
    fn free_text_keeps_no_number() {
        assert_eq!(mask_digits("no row for 31019919900101001X, retry 3"), "no row for ******, retry 3");
        assert_eq!(mask_digits("电话 138-0013-8000 无效"), "电话 ****** 无效");
        assert_eq!(mask_digits("E12345678, ３１０１９９"), "E******, ******");
        assert_eq!(mask_digits("at 2022-11-03 10:00, 12345 ms"), "at 2022-11-03 10:00, 12345 ms");
    }

    proptest! {
        #[test]
        fn no_long_run_of_digits_is_left(text in "[0-9Xa ,-]{0,60}") {
            let masked = mask_digits(&text);
            prop_assert!(masked.split(|c| !is_digit(c)).all(|run| run.len() < 6), "{}", masked);
        }
    }
}
