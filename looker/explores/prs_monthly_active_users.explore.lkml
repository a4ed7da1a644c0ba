# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_monthly_active_users.view.lkml"

explore: prs_monthly_active_users {
  label: "Monthly active users"
  group_label: "Engagement"
  description: "How many people do something with the product that counts, month by month? (one row per month and seat type, and per month for all of them together)"
  persist_with: prs_engagement_publication
}
