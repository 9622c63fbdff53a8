//! What parent and reading child say to each other: a request per file, frames back; every frame is `length: u32, tag, body`.
//!
//! The parent holds the length of a frame to its limit before it makes room for it: the child is as untrusted as the file.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
};

use domain::template::TemplateKind;
use serde::{Deserialize, Serialize};

use crate::{
    Account, Head, ReadLimits, Rejection,
    block::{BLOCK_BYTES, ROW_BYTES},
};

/// Grows when the frames change; parent and child are the same program, but a new one may lie on the disk already.
pub(crate) const PROTOCOL: u32 = 2;
/// No frame is longer.
const FRAME_BYTES: usize = BLOCK_BYTES + ROW_BYTES + 16;

/// What the child is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub path: PathBuf,
    pub kind: TemplateKind,
    /// The choices of a difference workbook are wanted, of whatever kind the template.
    #[serde(default)]
    pub actions: bool,
    pub limits: ReadLimits,
}

/// What the child says.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    /// First of all, once per child: the protocol that it speaks.
    Hello(u32),
    /// A block begins; comes before its rows, and first of a file that is read.
    Head(Head),
    /// Rows, in the form of `block`.
    Block(Vec<u8>),
    /// What became of every row; comes after the last.
    Account(Account),
    /// The file ends.
    End,
    /// The file is rejected, maybe after some rows.
    Rejected(Rejection),
    /// The machine failed, not the file: the file can't be opened or read.
    Failed(String),
}

const HELLO: u8 = b'W';
const HEAD: u8 = b'H';
const BLOCK: u8 = b'B';
const ACCOUNT: u8 = b'A';
const END: u8 = b'E';
const REJECTED: u8 = b'R';
const FAILED: u8 = b'F';

/// Writes a frame with the given tag and body.
fn write(out: &mut impl Write, tag: u8, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len() + 1).map_err(io::Error::other)?;
    let [a, b, c, d] = length.to_le_bytes();
    out.write_all(&[a, b, c, d, tag])?;
    out.write_all(body)
}

pub(crate) fn write_block(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    write(out, BLOCK, bytes)
}

pub(crate) fn write_frame(out: &mut impl Write, frame: &Frame) -> io::Result<()> {
    match frame {
        Frame::Hello(protocol) => write(out, HELLO, &protocol.to_le_bytes()),
        Frame::Head(head) => write(out, HEAD, &serde_json::to_vec(head)?),
        Frame::Block(bytes) => write_block(out, bytes),
        Frame::Account(account) => write(out, ACCOUNT, &serde_json::to_vec(account)?),
        Frame::End => write(out, END, &[]),
        Frame::Rejected(rejection) => write(out, REJECTED, &serde_json::to_vec(rejection)?),
        Frame::Failed(text) => write(out, FAILED, text.as_bytes()),
    }
}

/// Reads a frame; an error of kind `InvalidData` where the child sends nonsense.
pub(crate) fn read_frame(input: &mut impl Read) -> io::Result<Frame> {
    let body = read_sized(input)?;
    let Some((tag, body)) = body.split_first() else { return Err(nonsense()) };
    Ok(match *tag {
        HELLO => Frame::Hello(u32::from_le_bytes(body.try_into().map_err(|_| nonsense())?)),
        HEAD => Frame::Head(serde_json::from_slice(body).map_err(|_| nonsense())?),
        BLOCK => Frame::Block(body.to_vec()),
        ACCOUNT => Frame::Account(serde_json::from_slice(body).map_err(|_| nonsense())?),
        END => Frame::End,
        REJECTED => Frame::Rejected(serde_json::from_slice(body).map_err(|_| nonsense())?),
        FAILED => Frame::Failed(String::from_utf8_lossy(body).chars().take(200).collect()),
        _ => return Err(nonsense()),
    })
}

pub(crate) fn write_request(out: &mut impl Write, request: &Request) -> io::Result<()> {
    let body = serde_json::to_vec(request)?;
    out.write_all(&u32::try_from(body.len()).map_err(io::Error::other)?.to_le_bytes())?;
    out.write_all(&body)?;
    out.flush()
}

/// The next request; `None` when the parent has closed the pipe.
pub(crate) fn read_request(input: &mut impl Read) -> io::Result<Option<Request>> {
    match read_sized(input) {
        Ok(body) => Ok(Some(serde_json::from_slice(&body)?)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_sized(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > FRAME_BYTES {
        return Err(nonsense());
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(body)
}

fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the reading child sent a frame that makes no sense")
}

#[cfg(test)]
mod tests {
    use domain::finding::Code;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_survive_the_way() {
        let head = Head {
            sheet: "名单".to_owned(),
            header_row: 3,
            headers: vec!["姓名*".to_owned()],
            map: vec![Some(0), None],
            ..Head::default()
        };
        let mut account = Account { content: 5, headings: 1, ..Account::default() };
        account.note(Code::SheetNotRead, "二车间", "8 行");
        for frame in [
            Frame::Hello(7),
            Frame::Head(head),
            Frame::Block(vec![1, 2, 3]),
            Frame::Account(account),
            Frame::End,
            Frame::Rejected(Rejection::new(Code::NoRows, "细节")),
            Frame::Failed("gone".to_owned()),
        ] {
            let mut bytes = Vec::new();
            write_frame(&mut bytes, &frame).unwrap();
            assert_eq!(read_frame(&mut bytes.as_slice()).unwrap(), frame);
        }
    }

    #[test]
    fn a_frame_of_the_largest_size_is_read_and_one_byte_more_is_refused() {
        let mut bytes = Vec::new();
        write_block(&mut bytes, &vec![0; FRAME_BYTES - 1]).unwrap();
        assert!(read_frame(&mut bytes.as_slice()).is_ok());
        bytes.clear();
        write_block(&mut bytes, &vec![0; FRAME_BYTES]).unwrap();
        assert_eq!(read_frame(&mut bytes.as_slice()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(read_frame(&mut &u32::MAX.to_le_bytes()[..]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut sized = (bytes.len() as u32).to_le_bytes().to_vec();
            sized.extend(&bytes);
            let _ = read_frame(&mut sized.as_slice());
            let _ = read_frame(&mut bytes.as_slice());
        }
    }
}
