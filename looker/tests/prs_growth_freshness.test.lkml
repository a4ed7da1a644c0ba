# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_growth_freshness.explore.lkml"

test: prs_growth_freshness_is_fresh {
  explore_source: prs_growth_freshness {
    column: fresh_publications {
      field: prs_growth_freshness.fresh_publications
    }
  }

  assert: is_fresh {
    expression: ${prs_growth_freshness.fresh_publications} = 1 ;;
  }
}
