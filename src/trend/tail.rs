//! Owns the one probability that the trend speaks of: how likely so few visits are, if all is well.
//!
//! Counts with a mean and a variance of at least the mean: Poisson where they are equal, else negative
//! binomial, which is Poisson with a rate that varies from day to day. Both know that a count is never below
//! 0; a normal distribution does not, and would take silence on a blog with wild days for chance.

/// Returns the probability of `count` or fewer, by mean and variance.
pub(super) fn lower(count: f64, mean: f64, variance: f64) -> f64 {
    if count >= mean {
        return 1.0;
    }
    if count < 0.0 {
        return 0.0;
    }
    let excess = variance - mean;
    // The probability of `count` itself, then of each smaller count by its ratio to the one above.
    let (mut term, shape) = match excess > mean * 1e-9 {
        false => ((count * mean.ln() - mean - ln_gamma(count + 1.0)).exp(), None),
        true => {
            let shape = mean * mean / excess;
            let log = ln_gamma(count + shape) - ln_gamma(shape) - ln_gamma(count + 1.0)
                + shape * (shape / (shape + mean)).ln()
                + count * (mean / (shape + mean)).ln();
            (log.exp(), Some(shape))
        }
    };
    let (mut sum, mut below) = (0.0, count);
    loop {
        sum += term;
        if below < 1.0 || term < sum * 1e-12 {
            return sum.clamp(0.0, 1.0);
        }
        term *= match shape {
            None => below / mean,
            Some(shape) => below * (shape + mean) / ((below - 1.0 + shape) * mean),
        };
        below -= 1.0;
    }
}

/// Returns the logarithm of the gamma function for positive numbers: Stirling's series, after stepping up to where it holds.
fn ln_gamma(number: f64) -> f64 {
    let (mut x, mut steps) = (number, 0.0);
    while x < 12.0 {
        steps += x.ln();
        x += 1.0;
    }
    let square = x * x;
    let series = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= wanted.abs() * 1e-9 + 1e-300, "{found} is not {wanted}");
    }

    #[test]
    fn the_gamma_function_is_a_factorial() {
        let mut factorial = 1.0_f64;
        for number in 1..30 {
            near(ln_gamma(f64::from(number)) + 1.0, factorial.ln() + 1.0);
            factorial *= f64::from(number);
        }
        near(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln());
    }

    #[test]
    fn tails_are_those_that_are_summed_by_hand() {
        near(lower(0.0, 6.9, 6.9), (-6.9_f64).exp());
        near(lower(2.0, 4.0, 4.0), (-4.0_f64).exp() * (1.0 + 4.0 + 8.0));
        // Mean 2 and variance 4 are a shape of 2: probabilities 1/4, 1/4, 3/16 …
        near(lower(1.0, 2.0, 4.0), 0.5);
        near(lower(0.0, 2.0, 4.0), 0.25);
        assert!((lower(4.0, 4.0, 4.0) - 1.0).abs() < 1e-12, "what is not below the mean is no drop");
    }

    #[test]
    fn the_negative_binomial_becomes_poisson_as_the_excess_vanishes() {
        for (count, mean) in [(0.0, 3.0), (5.0, 20.0), (200.0, 300.0), (2_900.0, 3_000.0)] {
            let (poisson, nearly) = (lower(count, mean, mean), lower(count, mean, mean * (1.0 + 1e-7)));
            assert!((poisson / nearly - 1.0).abs() < 1e-3, "{poisson} {nearly}");
        }
    }

    #[test]
    fn silence_is_never_taken_for_a_wild_day() {
        // 300 a day, a third more or less: a normal distribution would give silence 1 in 1,000.
        assert!(lower(0.0, 300.0, 300.0 + 0.33 * 0.33 * 300.0 * 300.0) < 1e-12);
        assert!(lower(1.0, 300.0, 300.0 + 0.33 * 0.33 * 300.0 * 300.0) < 1e-11);
    }
}
