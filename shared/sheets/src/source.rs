//! Where the bytes of a file are: on the disk, or in memory after they were decrypted.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom},
    sync::Arc,
};

/// Bytes that several readers may read, never at the same time: those of a file share its place.
pub(crate) enum Source {
    File(File),
    Memory(Cursor<Arc<[u8]>>),
}

impl Source {
    /// Bytes in memory.
    pub fn memory(bytes: Vec<u8>) -> Self {
        Self::Memory(Cursor::new(bytes.into()))
    }

    /// The same bytes for another reader.
    pub fn again(&self) -> io::Result<Self> {
        Ok(match self {
            Self::File(file) => Self::File(file.try_clone()?),
            Self::Memory(bytes) => Self::Memory(Cursor::new(Arc::clone(bytes.get_ref()))),
        })
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Memory(bytes) => bytes.read(buffer),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Memory(bytes) => bytes.seek(to),
        }
    }
}
