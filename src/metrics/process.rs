//! What the process itself takes, as the kernel says it. What it does not say is left out.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::exposition::gauge;

/// This process.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> fmt::Result {
        let used = clock_gettime(ClockId::ProcessCPUTime);
        let help = "CPU time that the process has used";
        let seconds = to.encode_descriptor("process_cpu_seconds", help, None, MetricType::Counter)?;
        let nanos = u32::try_from(used.tv_nsec).map_or(0.0, f64::from) / 1e9;
        let whole = u32::try_from(used.tv_sec).unwrap_or(u32::MAX);
        ConstCounter::new(f64::from(whole) + nanos).encode(seconds)?;
        let mut known = |name: &str, help: &str, value: Option<u64>| {
            value.map_or(Ok(()), |value| gauge(&mut to, name, help, value))
        };
        known("process_resident_memory_bytes", "Memory that the process holds", resident())?;
        known("process_open_fds", "Files, sockets and pipes that are open", open_files())?;
        let most = getrlimit(Resource::Nofile).current;
        known("process_max_fds", "How many may be open", most)
    }
}

/// Resident memory, in bytes: `VmRSS` in kB, see proc(5).
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The kernel tells it as a size since Linux 6.2; before that they have to be counted.
fn open_files() -> Option<u64> {
    match fs::metadata("/proc/self/fd").ok()?.len() {
        0 => u64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok(),
        count => Some(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_what_this_process_takes() {
        assert!(resident().is_some_and(|bytes| bytes > 1024 * 1024));
        let before = open_files().unwrap();
        assert!((3..1_000_000).contains(&before), "{before}");
    }
}
