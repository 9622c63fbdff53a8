//! Numbers with check digits, computed here once more, so that tests don't ask the code that they test.

/// The 18 characters of a resident's identity number (GB 11643): region, birth date, sequence, check character.
#[must_use]
pub fn resident_id(region: &str, birth_yyyymmdd: &str, sequence: u16) -> String {
    let body = format!("{region}{birth_yyyymmdd}{sequence:03}");
    let check = resident_check(&body);
    format!("{body}{check}")
}

/// The check character of the first 17 digits: ISO 7064 MOD 11-2.
#[must_use]
pub fn resident_check(body: &str) -> char {
    let sum = body.bytes().fold(0_u32, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    match (12 - sum) % 11 {
        10 => 'X',
        digit => char::from(b'0' + digit as u8),
    }
}

/// The same identity number with a check character that is wrong.
#[must_use]
pub fn with_wrong_check(id_number: &str) -> String {
    let (body, check) = id_number.split_at(id_number.len() - 1);
    let wrong = if check == "5" { '6' } else { '5' };
    format!("{body}{wrong}")
}

/// A card number: these digits and the Luhn digit after them.
#[must_use]
pub fn with_luhn(body: &str) -> String {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            let weighed = if place % 2 == 0 { digit * 2 } else { digit };
            weighed / 10 + weighed % 10
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A unified social credit code (GB 32100): two characters, region, organization code (GB 11714), check character.
#[must_use]
pub fn credit_code(kind: &str, region: &str, organization: &str) -> String {
    let body = format!("{kind}{region}{}", with_organization_check(organization));
    let check = credit_check(&body);
    format!("{body}{check}")
}

/// An organization code of 8 characters with its ninth (weights and modulus of GB 11714; A is 10, Z is 35).
fn with_organization_check(body: &str) -> String {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let values = body.chars().map(|character| character.to_digit(36).unwrap_or_default());
    let sum: u32 = values.zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    match 11 - sum % 11 {
        10 => format!("{body}X"),
        11 => format!("{body}0"),
        digit => format!("{body}{digit}"),
    }
}

/// The check character of a credit code: weights 3^i mod 31 over an alphabet without I, O, S, V, Z.
fn credit_check(body: &str) -> char {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let mut weight = 1;
    let mut sum = 0;
    for character in body.chars() {
        sum += ALPHABET.find(character).unwrap_or_default() * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET.chars().nth((31 - sum % 31) % 31).unwrap_or('0')
}
