//! What the kernel tells of the machine and of processes (`/proc`; elsewhere figures are 0).

use std::fs;

/// Ticks of processor time in a second; 100 on every Linux that we run on.
const TICKS: f64 = 100.0;

/// One process at one moment.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// The program's name, cut to 15 characters.
    pub name: String,
    /// Processor time so far, in user mode and in the kernel, without children, in seconds.
    pub cpu_s: f64,
}

/// Cores and load, for the line above the table.
pub fn facts() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    format!("{cores} cores ({model}); load at the start: {}", load())
}

/// The load averages of 1, 5 and 15 minutes.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// All processes that can be seen.
pub fn processes() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| process(entry.file_name().to_str()?.parse().ok()?)).collect()
}

fn process(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold brackets and blanks itself.
    let (open, close) = (stat.find('(')?, stat.rfind(')')?);
    let rest: Vec<&str> = stat.get(close + 2..)?.split(' ').collect();
    let number = |place: usize| rest.get(place).and_then(|text| text.parse::<f64>().ok());
    Some(Process {
        pid,
        parent: rest.get(1)?.parse().ok()?,
        name: stat.get(open + 1..close)?.to_owned(),
        cpu_s: (number(11)? + number(12)?) / TICKS,
    })
}

/// Processor time that a process has used, in seconds.
pub fn cpu_s(pid: u32) -> f64 {
    process(pid).map_or(0.0, |process| process.cpu_s)
}

/// The command line of a process, arguments parted by blanks.
pub fn command_line(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// The children of a process.
pub fn children(of: u32) -> Vec<u32> {
    processes().into_iter().filter(|process| process.parent == of).map(|process| process.pid).collect()
}

/// A figure of `/proc/PID/status` in MB (10^6 bytes): `VmHWM` (the most that was resident), `VmRSS` (now).
pub fn memory_mb(pid: u32, key: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let kib = line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0 / 1e6
}

/// All processes below a process.
pub fn descendants(of: u32) -> Vec<u32> {
    let all = processes();
    let mut found = vec![of];
    let mut next = 0;
    while let Some(above) = found.get(next).copied() {
        next += 1;
        found.extend(all.iter().filter(|process| process.parent == above).map(|process| process.pid));
    }
    found.split_off(1)
}

/// Memory of processes in MB (10^6 bytes).
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// Their own and their part of what they share with others, files included.
    pub share_mb: f64,
    /// What is of no file: heaps and stacks.
    pub own_mb: f64,
}

impl std::iter::Sum for Memory {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            share_mb: sum.share_mb + one.share_mb,
            own_mb: sum.own_mb + one.own_mb,
        })
    }
}

/// Memory of a process now, as `/proc/PID/smaps_rollup` has it.
pub fn memory(pid: u32) -> Option<Memory> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let mb = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        let kib = line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.unwrap_or(0.0) * 1024.0 / 1e6
    };
    Some(Memory { share_mb: mb("Pss:"), own_mb: mb("Pss_Anon:") })
}
