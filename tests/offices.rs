//! Offices: what we write is opened by a real office program and by openpyxl, and what clerks save there is read again.

mod notices;
mod results;
mod templates;
