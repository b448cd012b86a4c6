//! Judges the incidents that only numbers show, and the days that a time zone makes.

use std::collections::BTreeMap;

use jiff::civil::date;

use super::*;
use crate::analytics::daily::Paths;

const UNIT: &str = "visits";

/// Returns days that end on 21 November 2026, one value a day.
fn series(values: &[u64]) -> Series {
    let last = date(2026, 11, 21);
    let days = values.iter().rev().enumerate().map(|(ago, visits)| {
        let day = last - jiff::Span::new().days(i64::try_from(ago).unwrap());
        (day, Day { visits: *visits, views: None })
    });
    Series { unit: UNIT, days: days.collect(), zone: DayZone::Site, ..Series::default() }
}

fn judged(series: &Series, marks: Vec<Mark>) -> Trend {
    judge(series, date(2026, 11, 21), "2026-11-22T10:00:00Z".parse().unwrap(), marks)
}

/// Returns a blog of about so many visits a day, for so many days.
fn usual(rate: f64, days: usize) -> Vec<u64> {
    simulation::blog(rate, days, 7).into_iter().map(|visits| visits.unwrap() as u64).collect()
}

fn dropped_since(trend: &Trend) -> Option<Date> {
    match trend.judgement {
        Judgement::Dropped { since, .. } => Some(since),
        _ => None,
    }
}

#[test]
fn a_policy_that_leaves_one_visit_of_300_is_seen_the_next_morning() {
    // Zoo row 29: 300 visits a day become one, for eleven days.
    let mut values = usual(300.0, 112);
    values[111] = 1;
    assert_eq!(dropped_since(&judged(&series(&values), Vec::new())), Some(date(2026, 11, 21)));
    values[101..].fill(1);
    let marks = vec![
        Mark { day: date(2026, 11, 3), what: "build 11aa".to_owned() },
        Mark { day: date(2026, 11, 11), what: "build 3f9c; the snippet changed".to_owned() },
    ];
    let trend = judged(&series(&values), marks);
    assert_eq!(dropped_since(&trend), Some(date(2026, 11, 11)));
    let words = trend.human(100);
    assert!(words.contains("2026-11-11, the day of build 3f9c; the snippet changed"), "{words}");
    assert!(words.contains("where") && words.contains("expected; chance never does that"), "{words}");
}

#[test]
fn hits_that_are_taken_and_thrown_away_are_a_drop() {
    // Zoo rows 12 and 34: the server says yes, and nothing arrives; noticed after seven weeks.
    for (rate, days) in [(100.0, 2), (3.0, 4), (1.0, 8), (100.0, 45)] {
        let mut values = usual(rate, 112);
        values[112 - days..].fill(0);
        assert!(dropped_since(&judged(&series(&values), Vec::new())).is_some(), "{rate} a day, {days} days");
    }
}

#[test]
fn everything_that_counts_twice_is_seen_after_a_week() {
    // Zoo row 40: from one day on, each visit is two.
    for rate in [20.0, 300.0] {
        let mut values = usual(rate, 112);
        values[98..].iter_mut().for_each(|visits| *visits *= 2);
        let trend = judged(&series(&values), Vec::new());
        let Judgement::Doubled { since: Some(since), what: UNIT, ratio } = trend.judgement else {
            panic!("{rate}: {:?}", trend.judgement)
        };
        assert!(trend.alarms() && TWICE.contains(&ratio));
        assert!((since - date(2026, 11, 8)).get_days().abs() <= 3, "{since}");
    }
    // Page views double while visits do not.
    let mut one = series(&usual(100.0, 112));
    let last_week = date(2026, 11, 15);
    one.days.iter_mut().for_each(|(day, of_day)| {
        of_day.views = Some(of_day.visits * if *day >= last_week { 4 } else { 2 });
    });
    assert!(matches!(judged(&one, Vec::new()).judgement, Judgement::Doubled { what: "page views", .. }));
}

#[test]
fn a_post_that_is_read_a_lot_is_no_doubling() {
    let mut values = usual(100.0, 112);
    values[108..].iter_mut().for_each(|visits| *visits *= 2);
    assert_eq!(judged(&series(&values), Vec::new()).judgement, Judgement::Steady, "four days are no step");
    let mut values = usual(100.0, 112);
    values[100..].iter_mut().enumerate().for_each(|(day, visits)| *visits = *visits * (24 - day as u64) / 4);
    assert_eq!(judged(&series(&values), Vec::new()).judgement, Judgement::Steady, "a spike that fades");
}

#[test]
fn a_slow_decline_is_shown_and_raises_no_alarm() {
    // Zoo row 42: lists of blockers learn a host. What is usual sinks with it, and nobody can tell it from fewer readers.
    let values: Vec<u64> =
        usual(300.0, 112).iter().enumerate().map(|(day, visits)| visits * (400 - day as u64 * 2) / 400).collect();
    let trend = judged(&series(&values), Vec::new());
    assert_eq!(trend.judgement, Judgement::Steady);
    let change = trend.four_weeks.unwrap();
    assert!((-0.4..-0.05).contains(&change), "{change}");
    assert!(trend.human(100).contains("against the 28 before"));
}

#[test]
fn too_few_visits_or_days_are_not_judged() {
    let seldom: Vec<u64> = (0..112).map(|day| u64::from(day % 9 == 0)).collect();
    let trend = judged(&series(&seldom), Vec::new());
    assert_eq!((trend.judgement.clone(), trend.alarms()), (Judgement::TooLittle, false));
    assert!(trend.human(100).contains("too little traffic to judge"));
    for days in [0, 1, 20] {
        let trend = judged(&series(&usual(100.0, days)), Vec::new());
        assert_eq!(trend.judgement, Judgement::TooShort { days });
        assert!(!trend.human(40).is_empty());
    }
}

#[test]
fn a_day_that_is_not_told_is_0_only_where_the_vendor_leaves_empty_days_out() {
    let mut one = series(&usual(100.0, 112));
    for ago in 0..3 {
        one.days.remove(&(date(2026, 11, 21) - jiff::Span::new().days(ago)));
    }
    let trend = judged(&one, Vec::new());
    assert_eq!((trend.judgement.clone(), trend.points.last().unwrap().visits), (Judgement::Steady, None));
    one.omits_empty_days = true;
    assert_eq!(dropped_since(&judged(&one, Vec::new())), Some(date(2026, 11, 19)));
}

#[test]
fn a_day_is_taken_once_it_is_over() {
    let now = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    // In a zone that is not known, a day ends at noon of the next, UTC.
    assert_eq!(over_everywhere(now("2026-11-22T11:59:59Z")), date(2026, 11, 20));
    assert_eq!(over_everywhere(now("2026-11-22T12:00:00Z")), date(2026, 11, 21));
    let mut one = series(&usual(100.0, 112));
    one.days.insert(date(2026, 11, 22), Day { visits: 1, views: None });
    assert_eq!(judged(&one, Vec::new()).judgement, Judgement::Steady, "today is not over");
    one.zone = DayZone::Unknown;
    assert_eq!(judged(&one, Vec::new()).points.last().unwrap().day, date(2026, 11, 20));
}

#[test]
fn days_of_23_and_25_hours_are_one_day_each() {
    // From summer to winter time on 25 October 2026, and back on 28 March 2027: civil days know nothing of it.
    let days: BTreeMap<Date, Day> = date(2026, 9, 1)
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day <= date(2027, 4, 10))
        .map(|day| (day, Day { visits: 100, views: None }))
        .collect();
    let count = days.len();
    let series = Series { unit: UNIT, days, zone: DayZone::Site, ..Series::default() };
    let trend = judge(&series, date(2027, 4, 10), "2027-04-11T10:00:00Z".parse().unwrap(), Vec::new());
    assert_eq!((trend.points.len(), trend.judgement), (count, Judgement::Steady));
}

#[test]
fn a_sparkline_tells_nothing_from_none() {
    let point = |visits| Point { day: date(2026, 1, 1), visits, expected: None };
    let drawn = words::sparkline(&[Some(0), None, Some(1), Some(50), Some(100)].map(point));
    assert_eq!(drawn, "_\u{a0}▁▄█");
}

#[test]
fn the_json_says_what_the_words_say() {
    let mut values = usual(300.0, 112);
    values[101..].fill(1);
    let marks = vec![Mark { day: date(2026, 11, 10), what: "build 3f9c".to_owned() }];
    let json = judged(&series(&values), marks).json();
    assert_eq!((json["outcome"].as_str(), json["alarm"].as_bool()), (Some("dropped"), Some(true)));
    assert_eq!((json["since"].as_str(), json["cause"]["what"].as_str()), (Some("2026-11-11"), Some("build 3f9c")));
    assert_eq!(json["days"].as_array().unwrap().len(), 112);
}

#[test]
fn the_chart_and_the_page_are_whole_and_quote_nothing_as_markup() {
    let mut one = series(&usual(300.0, 112));
    one.paths = Some((Paths::from([("/<b>/x".to_owned(), 3)]), Paths::from([("/<b>/y".to_owned(), 3)])));
    one.remarks = vec!["a <remark>".to_owned()];
    let trend = judged(&one, vec![Mark { day: date(2026, 11, 1), what: "build <i>".to_owned() }]);
    let svg = chart(&trend, 960);
    assert_eq!(svg.matches("class=\"bar\"").count(), 112);
    assert_eq!(svg.matches("class=\"mark\"").count(), 1);
    let html = page(
        "https://blog.example/",
        &[("GoatCounter <x>".to_owned(), Ok(trend)), ("x".to_owned(), Err("<y>".to_owned()))],
    );
    for tag in ["<b>", "<remark>", "<i>", "<x>", "<y>"] {
        assert!(!html.contains(tag), "{tag}");
    }
    assert!(html.ends_with("</html>\n") && html.contains("Not told: &lt;y&gt;") && !html.contains("<script"));
    assert_eq!(chart(&judged(&series(&[]), Vec::new()), 960), "");
}

#[test]
fn nothing_makes_it_panic() {
    for values in [vec![0; 200], vec![u64::from(u32::MAX); 120], vec![1; 57], vec![7; 56], vec![0, 1]] {
        let trend = judged(&series(&values), Vec::new());
        let _ = (trend.human(10), trend.json(), chart(&trend, 380));
    }
}
