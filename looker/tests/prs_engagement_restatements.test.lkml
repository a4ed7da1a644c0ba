# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_engagement_restatements.explore.lkml"

test: prs_engagement_restatements_key_is_unique {
  explore_source: prs_engagement_restatements {
    column: rows_with_a_key_twice {
      field: prs_engagement_restatements.rows_with_a_key_twice
    }
  }

  assert: key_is_unique {
    expression: ${prs_engagement_restatements.rows_with_a_key_twice} = 0 ;;
  }
}
