//! Why a file as a whole is not read: a stable code and what is particular about this file.

use std::{fmt, io};

use domain::finding::Code;
use serde::{Deserialize, Serialize};

/// A file that is rejected whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// One of the codes of file scope.
    pub code: Code,
    /// What is particular here, in Chinese, to follow the code's own message after a colon; may be empty. Never holds
    /// personal data.
    pub detail: String,
    /// The particulars are the whole sentence, with what to do: the code's own words would say another thing.
    #[serde(default)]
    pub alone: bool,
}

impl Rejection {
    /// A rejection with its particulars.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), alone: false }
    }

    /// A rejection whose particulars say all, with what to do.
    #[must_use]
    pub fn alone(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), alone: true }
    }

    /// The file is broken.
    #[must_use]
    pub fn damaged() -> Self {
        Self::new(Code::Damaged, "")
    }

    /// A password is asked for.
    #[must_use]
    pub fn encrypted() -> Self {
        Self::new(Code::Encrypted, "")
    }

    /// The file brought its reader down: it ran out of memory or time, or made it crash.
    #[must_use]
    pub fn too_demanding() -> Self {
        Self::new(
            Code::Hostile,
            "读取该文件需要的内存或时间远超正常。请新建空白工作簿，只粘贴数据（选择“值”），另存为 .xlsx 后重新上传",
        )
    }

    /// A limit is passed; says which and what it is.
    #[must_use]
    pub fn too_large(what: &str, limit: u64, unit: &str) -> Self {
        Self::new(Code::TooLarge, format!("{what}超过上限 {limit} {unit}"))
    }

    /// Message, particulars and remedy, as a clerk reads them.
    #[must_use]
    pub fn sentence_zh(&self) -> String {
        if self.alone {
            return self.detail.clone();
        }
        let colon = if self.detail.is_empty() { "" } else { "：" };
        format!("{}{colon}{}。{}", self.code.message_zh(), self.detail, self.code.remedy_zh())
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.sentence_zh())
    }
}

impl std::error::Error for Rejection {}

/// Why reading stopped: the file's fault, or the machine's.
#[derive(Debug)]
pub(crate) enum Failure {
    Rejected(Rejection),
    Io(io::Error),
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// An error that the operating system gave is the machine's; one made by a parser (end of data, bad data) the file's. A buffer
/// that does not fit into the child's memory is neither: the file asks too much of its reader.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::OutOfMemory => Self::Rejected(Rejection::too_demanding()),
            _ if error.raw_os_error().is_some() => Self::Io(error),
            _ => Self::Rejected(Rejection::damaged()),
        }
    }
}

impl From<zip::result::ZipError> for Failure {
    fn from(error: zip::result::ZipError) -> Self {
        match error {
            zip::result::ZipError::Io(error) => error.into(),
            _ => Self::Rejected(Rejection::damaged()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lack_of_memory_in_the_child_is_not_called_damage() {
        let code = |error: io::Error| match Failure::from(error) {
            Failure::Rejected(rejection) => Some(rejection.code),
            Failure::Io(_) => None,
        };
        assert_eq!(code(io::ErrorKind::OutOfMemory.into()), Some(Code::Hostile));
        assert_eq!(code(io::ErrorKind::UnexpectedEof.into()), Some(Code::Damaged));
        assert_eq!(code(io::Error::from_raw_os_error(5)), None);
    }
}
