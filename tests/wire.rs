//! The wire: what other systems and older programs rely on. Today's contracts are held against the kept snapshots: a field
//! may come, none may go or change its type (decisions 21).

mod contracts;
