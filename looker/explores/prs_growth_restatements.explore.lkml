# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_growth_restatements.view.lkml"

explore: prs_growth_restatements {
  label: "Growth restated"
  group_label: "Growth"
  description: "Which numbers were final when first published, and are others now? Why?"
  persist_with: prs_growth_publication
}
