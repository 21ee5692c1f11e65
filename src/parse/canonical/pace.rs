//! When a document wants to be asked again: `ttl`, `skipHours`, `skipDays` (RSS 2.0) and the
//! syndication module (RSS 1.0).

use crate::parse::tree::Element;
use crate::schedule::DocumentPace;
use std::time::Duration;

/// Longest interval that is believed.
const MAX_MINUTES: u64 = 366 * 24 * 60;

/// Collects the parts, which may come in any order.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pace: DocumentPace,
    period: Option<u64>,
    frequency: Option<u64>,
}

impl Reader {
    /// Takes one of the elements.
    pub(super) fn take(&mut self, element: Element<'_, '_>) {
        let local = element.local();
        match local.as_str() {
            "ttl" => {
                let minutes =
                    whole_number(&element.text()).filter(|m| (1..=MAX_MINUTES).contains(m));
                self.pace.ttl = minutes.map(|minutes| Duration::from_secs(minutes * 60));
            }
            "skiphours" => {
                for hour in element.elements().filter(|e| e.is("hour")) {
                    // 24 is midnight in RSS 0.91.
                    if let Some(hour) = whole_number(&hour.text()).filter(|hour| *hour <= 24) {
                        self.pace.skip_hours |= 1 << (hour % 24);
                    }
                }
            }
            "skipdays" => {
                for day in element.elements().filter(|e| e.is("day")) {
                    if let Some(day) = weekday(&day.text()) {
                        self.pace.skip_days |= 1 << day;
                    }
                }
            }
            "updateperiod" => {
                self.period = match element.text().trim().to_ascii_lowercase().as_str() {
                    "hourly" => Some(3600),
                    "daily" => Some(86_400),
                    "weekly" => Some(7 * 86_400),
                    "monthly" => Some(30 * 86_400),
                    "yearly" => Some(365 * 86_400),
                    _ => None,
                };
            }
            "updatefrequency" => self.frequency = whole_number(&element.text()),
            _ => {}
        }
    }

    /// What was said.
    pub(super) fn finish(mut self) -> DocumentPace {
        // Daily is the default period, once the default frequency (module, section 2).
        if self.period.is_some() || self.frequency.is_some() {
            let period = self.period.unwrap_or(86_400);
            let seconds = period / self.frequency.unwrap_or(1).max(1);
            self.pace.update_period = (seconds > 0).then(|| Duration::from_secs(seconds));
        }
        self.pace
    }
}

fn whole_number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

fn weekday(text: &str) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .iter()
        .zip(0..)
        .find(|(name, _)| text.starts_with(*name))
        .map(|(_, day)| day)
}
