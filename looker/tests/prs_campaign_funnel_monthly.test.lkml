# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_campaign_funnel_monthly.explore.lkml"

test: prs_campaign_funnel_monthly_key_is_unique {
  explore_source: prs_campaign_funnel_monthly {
    column: rows_with_a_key_twice {
      field: prs_campaign_funnel_monthly.rows_with_a_key_twice
    }
  }

  assert: key_is_unique {
    expression: ${prs_campaign_funnel_monthly.rows_with_a_key_twice} = 0 ;;
  }
}

test: prs_campaign_funnel_monthly_steps_of_the_funnel_fall {
  explore_source: prs_campaign_funnel_monthly {
    column: rows_that_break_rule_1 {
      field: prs_campaign_funnel_monthly.rows_that_break_rule_1
    }
  }

  assert: steps_of_the_funnel_fall {
    expression: ${prs_campaign_funnel_monthly.rows_that_break_rule_1} = 0 ;;
  }
}

test: prs_campaign_funnel_monthly_costs_are_of_the_first_touch_alone {
  explore_source: prs_campaign_funnel_monthly {
    column: rows_that_break_rule_2 {
      field: prs_campaign_funnel_monthly.rows_that_break_rule_2
    }
  }

  assert: costs_are_of_the_first_touch_alone {
    expression: ${prs_campaign_funnel_monthly.rows_that_break_rule_2} = 0 ;;
  }
}
