# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_mrr_monthly.explore.lkml"

test: prs_mrr_monthly_key_is_unique {
  explore_source: prs_mrr_monthly {
    column: rows_with_a_key_twice {
      field: prs_mrr_monthly.rows_with_a_key_twice
    }
  }

  assert: key_is_unique {
    expression: ${prs_mrr_monthly.rows_with_a_key_twice} = 0 ;;
  }
}

test: prs_mrr_monthly_money_rolls_forward {
  explore_source: prs_mrr_monthly {
    column: rows_that_break_rule_1 {
      field: prs_mrr_monthly.rows_that_break_rule_1
    }
  }

  assert: money_rolls_forward {
    expression: ${prs_mrr_monthly.rows_that_break_rule_1} = 0 ;;
  }
}

test: prs_mrr_monthly_organisations_roll_forward {
  explore_source: prs_mrr_monthly {
    column: rows_that_break_rule_2 {
      field: prs_mrr_monthly.rows_that_break_rule_2
    }
  }

  assert: organisations_roll_forward {
    expression: ${prs_mrr_monthly.rows_that_break_rule_2} = 0 ;;
  }
}

test: prs_mrr_monthly_no_movement_is_negative {
  explore_source: prs_mrr_monthly {
    column: rows_that_break_rule_3 {
      field: prs_mrr_monthly.rows_that_break_rule_3
    }
  }

  assert: no_movement_is_negative {
    expression: ${prs_mrr_monthly.rows_that_break_rule_3} = 0 ;;
  }
}

test: prs_mrr_monthly_shares_are_between_none_and_all {
  explore_source: prs_mrr_monthly {
    column: rows_that_break_rule_4 {
      field: prs_mrr_monthly.rows_that_break_rule_4
    }
  }

  assert: shares_are_between_none_and_all {
    expression: ${prs_mrr_monthly.rows_that_break_rule_4} = 0 ;;
  }
}
